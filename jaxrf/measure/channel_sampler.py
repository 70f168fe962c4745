"""``ChannelSampler``: the exact sum over channels, by one backward pass per channel of a feature.

The energy of a feature is the sum over its channels of J_c^2. Random signs estimate it, with 5 to
9 % noise in sigma per pass; here every J_c is computed, squared and added. One forward pass
serves all channels. The remaining error is the spread over inputs or networks, and the field of
every channel (of every class, where the feature is a classifier's output) comes for free.

Source: the definition of the map, docs/erf.md; ``tests/measure/test_channel_sampler.py`` compares
it with separate backward passes and with a whole cycle of Hadamard rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.field_location import FieldLocation
from jaxrf.measure.moments import axis_moments, marginal
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler
from jaxrf.program.compile_once import compile_once

__all__ = ["ChannelSampler", "exact_sampler", "parts_of"]

ARRAYS = 32  # arrays of the size of a map that its sums and replicates take, in round numbers
GRADIENTS = 2**23  # numbers in the gradients of one compiled call (32 MiB in float32)
KEPT = 2**25  # numbers in the maps of single channels (256 MiB, and as much for their errors)


@dataclass(eq=False)
class ChannelSampler(Sampler):
    """Samples with one backward pass per channel: one sample is one network at one input.

    Besides the map it gives the numbers [C, 1 + 2 n] of every channel - energy, first and second
    moments about the centre per axis, inside the box - and, where channels were chosen, their maps.
    Axes of the feature that are not spatial count as one, in C order.

    Attributes:
        location: of the field.
        channels: numbers of the channels, all of the feature's or the chosen ones.

    Raises:
        InvalidInput: a channel that the feature does not have, or more channels than memory holds.
    """

    location: FieldLocation = field(kw_only=True)
    channels: tuple[int, ...] = field(init=False)
    _forward: Callable[..., Any] = field(init=False, repr=False)
    _backward: Callable[..., Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        shape = self.features.channels
        self.channels = _chosen(self.estimator.channels, prod(shape))
        most = (KEPT if _alone(self.plan) else KEPT // ARRAYS) // prod(self._spatial)
        if self.estimator.channels is not None and len(self.channels) > most:
            raise InvalidInput(
                f"channels: got {len(self.channels)}, whose maps are kept, need at most {most} of "
                f"this size; leave them out for all without maps"
            )

        def one(back: Callable[..., Any], out: jax.Array, channel: jax.Array) -> jax.Array:
            charge = (jnp.arange(prod(shape)) == channel).astype(out.dtype).reshape(shape)
            gradient: jax.Array = back(self.features.impulse(charge, self.at))[0]
            return gradient

        def several(back: Callable[..., Any], out: jax.Array, channels: jax.Array) -> jax.Array:
            gradients: jax.Array = jax.lax.map(
                lambda c: one(back, out, c), channels, batch_size=self.batch
            )
            return gradients

        self._forward = compile_once(self._value_and_vjp)
        self._backward = compile_once(several)

    @property
    def samples_per_step(self) -> int:
        """One at a time: a sample is as many passes as there are channels."""
        return 1

    @property
    def _spatial(self) -> tuple[int, ...]:
        return tuple(self.analysis.shape[a] for a in self.analysis.spatial_axes)

    def draw_samples(
        self, variables: Any, samples: Sequence[int]
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Maps [n, *spatial] of samples, and the numbers and maps of the channels of each."""
        found = [self._draw_sample(variables, index) for index in samples]
        names = found[0][1]
        further = {name: np.stack([more[name] for _, more in found]) for name in names}
        return np.stack([energy for energy, _ in found]), further

    def _draw_sample(self, variables: Any, index: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        x = self._input_of(index)
        out, back = self._checked(self._forward, variables, np.array(index), x)
        total: Any = 0.0
        numbers, maps = [], []
        for chosen, count in self._chunks():
            g = np.asarray(self._checked(self._backward, back, out, chosen), np.float64)[:count]
            energies = self._finite(self.estimator.sample(g, self._channel_axes))
            total = total + energies.sum(0)
            numbers.append(self._numbers(energies))
            if self.estimator.channels is not None:
                maps.append(energies)
        parts = {"numbers": np.concatenate(numbers)}
        if maps:
            parts["maps"] = np.concatenate(maps)
        whole = total.sum() if self.estimator.normalize else 1.0
        scale = 1.0 / whole if whole > 0 else 0.0
        return total * scale, {name: part * scale for name, part in parts.items()}

    def _chunks(self) -> Iterator[tuple[np.ndarray, int]]:
        """(channels, how many of them count): of one size, so that one compilation serves all."""
        most = max(1, GRADIENTS // prod(self.analysis.shape))
        size = ceil(len(self.channels) / ceil(len(self.channels) / most))
        for start in range(0, len(self.channels), size):
            chunk = self.channels[start : start + size]
            yield np.array(chunk + chunk[-1:] * (size - len(chunk))), len(chunk)

    def _numbers(self, energies: np.ndarray) -> np.ndarray:
        """[k, 1 + 2 n]: energy, then the first moments of all axes, then the second ones."""
        cut, center = energies[(slice(None), *self.location.crop)], self.location.crop_center
        energy = marginal(cut, 0, 1).sum(1)
        return np.column_stack([energy, *(axis_moments(cut, center, power) for power in (1, 2))])


def _chosen(channels: tuple[int, ...] | None, count: int) -> tuple[int, ...]:
    if channels is None:
        return tuple(range(count))
    wrong = [c for c in channels if c >= count]
    if wrong:
        raise InvalidInput(f"channels: got {wrong[0]}, need 0 to {count - 1}, 0-based")
    return channels


def exact_sampler(
    sampler: Sampler, location: FieldLocation
) -> tuple[ChannelSampler, tuple[str, ...]]:
    """The exact sampler with the networks and inputs of another sampler.

    It takes no more samples than there are distinct pairs of a network and an input, since an
    exact sample of the same pair is the same.

    Returns:
        The sampler, and a note where the number of samples was reduced.
    """
    plan, inputs = sampler.plan, sampler.inputs
    distinct = plan.input_seeds or plan.given
    if inputs is not None and len(sampler.analysis.traced.inputs) > 1:
        distinct = 0  # the other inputs of the model are drawn afresh
    most = max(plan.weight_seeds, 1) * distinct
    notes: tuple[str, ...] = ()
    if distinct and plan.samples > most:
        pairs = f"{distinct} inputs" if most == distinct else f"{most} pairs of network and input"
        notes = (f"samples: got {plan.samples}, used {most}: there are {pairs}, each exact",)
        plan = replace(plan, samples=most)
    return (
        ChannelSampler(
            sampler.analysis,
            sampler.endpoint,
            sampler.at,
            plan,
            inputs,
            sampler.variables,
            sampler.batch,
            sampler.estimator,
            location=location,
            mesh=sampler.mesh,
        ),
        notes,
    )


def parts_of(plan: Plan, channels: int, spatial: tuple[int, ...]) -> dict[str, Accumulator]:
    """Running sums of the maps of so many channels, before the first sample."""
    shape = (channels, *spatial)
    crop = (slice(0, 0),) * len(shape) if _alone(plan) else None
    factors = len(plan.factors)
    return {"maps": Accumulator.empty(shape, crop, factors=factors, seed=plan.seed)}


def _alone(plan: Plan) -> bool:
    """Whether every cell is a unit of its own, so that errors need no replicates."""
    return len(plan.factors) == 1 and len(plan.cells) == plan.units
