"""``Crew``: the devices that draw batches, of one process or of all processes of a job.

Each batch is drawn by one device, with the program that a single device would run. The devices of a
process work at the same time, each from a thread of its own; results are put back into the order of
the batches, so that sums do not depend on how many devices there were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import jax

from jaxrf.errors import InvalidInput
from jaxrf.measure.drawing import Drawer, Drawn, arrays_of, bytes_of, packed, unpacked
from jaxrf.measure.sampler import Sampler
from jaxrf.measure.team import Team, team

__all__ = ["Crew", "devices_of"]


def devices_of(mesh: jax.sharding.Mesh | None) -> tuple[Any, ...]:
    """The devices of this process in a mesh; all of the default platform without one.

    None stands for wherever JAX runs things, where the user has said so (``jax_default_device``).

    Raises:
        InvalidInput: the mesh has no device of this process.
    """
    options: Any = jax.config
    if mesh is None:
        return tuple(jax.local_devices()) if options.jax_default_device is None else (None,)
    here = tuple(d for d in mesh.devices.flat if d.process_index == jax.process_index())
    if not here:
        raise InvalidInput(
            f"mesh: got devices of other processes alone, need one of process "
            f"{jax.process_index()}; make it of jax.devices()"
        )
    return here


class Crew:
    """Draws batches, as many at a time as there are devices.

    Attributes:
        sampler: draws the samples.
        devices: of this process; a single None stands for wherever JAX runs things.
        team: the processes of the job.
    """

    def __init__(self, sampler: Sampler, members: Team | None = None) -> None:
        self.sampler = sampler
        self.team = team() if members is None else members
        devices = devices_of(sampler.mesh)
        usual = sampler.mesh is None and len(devices) == 1
        self.devices = (None,) if usual or _spread(sampler.variables) else devices
        self._drawers = [_DeviceDrawer(sampler, d) for d in self.devices]
        self._warm = False
        counts = self.team.gathered(lambda: str(len(self.devices)).encode())
        self._counts = [int(n) for n in counts]

    def draw(self, batches: Sequence[range]) -> Iterator[Drawn]:
        """The cells of batches, in their order."""
        size = sum(self._counts)
        for start in range(0, len(batches), size):
            yield from self._round(batches[start : start + size])

    def team_has(self, drawn: list[Drawn]) -> list[Drawn]:
        """What the first process has read from its file, in all processes."""
        if self.team.size == 1:
            return drawn
        return list(unpacked(arrays_of(self.team.from_first(lambda: bytes_of(packed(drawn))))))

    def _round(self, batches: Sequence[range]) -> list[Drawn]:
        """At most one batch for every device."""
        if self.team.size == 1:
            return self._own(batches)
        before = sum(self._counts[: self.team.index])
        mine = batches[before : before + self._counts[self.team.index]]
        messages = self.team.gathered(lambda: bytes_of(packed(self._own(mine))))
        return [drawn for message in messages for drawn in unpacked(arrays_of(message))]

    def _own(self, batches: Sequence[range]) -> list[Drawn]:
        """At most one batch for every device of this process."""
        work = list(zip(self._drawers, batches, strict=False))
        # the first one alone: an error of the model comes once, and what is compiled is kept
        alone = len(work) if len(work) < 2 else 0 if self._warm else 1
        self._warm = True
        drawn = [drawer.draw(batch) for drawer, batch in work[:alone]]
        if len(work) > alone:
            with ThreadPoolExecutor(len(work) - alone) as threads:
                drawn += threads.map(lambda job: job[0].draw(job[1]), work[alone:])
        return drawn


class _DeviceDrawer(Drawer):
    """Draws batches on one device."""

    def __init__(self, sampler: Sampler, device: Any) -> None:
        super().__init__(sampler)
        self.device = device

    def draw(self, batch: range) -> Drawn:
        with nullcontext() if self.device is None else jax.default_device(self.device):
            return super().draw(batch)

    def weights(self, network: int) -> Any:
        variables = super().weights(network)
        if self.device is None or self.sampler.variables is None:
            return variables
        return jax.device_put(variables, self.device)  # once, not with every batch


def _spread(variables: Any) -> bool:
    """Whether given weights lie on several devices already, which then work together."""
    arrays = [a for a in jax.tree.leaves(variables) if isinstance(a, jax.Array)]
    return any(len(a.sharding.device_set) > 1 for a in arrays)
