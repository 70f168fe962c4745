"""``GridSampler``: samples of all positions, by a forward pass and a backward pass per position.

At each position, a sample is the same as that of :class:`jaxrf.measure.sampler.Sampler` there: it
has the same weights, input and signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.accumulator import ROWS, Accumulator
from jaxrf.measure.field_grid.output_positions import Positions
from jaxrf.measure.field_grid.records import energy_and_moments
from jaxrf.measure.sampler import Sampler
from jaxrf.program.compile_once import compile_once

__all__ = ["GridSampler", "chunked"]


def chunked(positions: Positions, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All positions in chunks of one size, the last of which is filled up.

    Args:
        positions: of the impulses.
        size: of a chunk.

    Returns:
        Output indices, int32 [chunks, size, n]; centres, float32 [chunks, size, n]; and float32
        [chunks, size], 1 for a position and 0 for a filling.
    """
    count = len(positions.at)
    size = min(size, count)
    rest = -count % size
    at = np.pad(positions.at, ((0, rest), (0, 0))).astype(np.int32)
    center = np.pad(np.nan_to_num(positions.center), ((0, rest), (0, 0))).astype(np.float32)
    share = np.pad(np.ones(count, np.float32), (0, rest))
    shape = (-1, size)
    return (
        at.reshape(*shape, at.shape[1]),
        center.reshape(*shape, at.shape[1]),
        share.reshape(shape),
    )


@dataclass(eq=False)
class GridSampler(Sampler):
    """Backward passes from every position; ``energies`` are records in the place of maps.

    Attributes:
        positions: where the impulses are; ``at`` is ignored.
        chunk: positions in one compiled backward pass.
    """

    positions: Positions | None = None
    chunk: int = 16
    length: int = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        positions, analysis = self.positions, self.analysis
        assert positions is not None, "a grid sampler needs positions"
        self.batch = 1  # a sample is many passes: progress and states follow each
        count, rank = positions.at.shape
        self.length = count * (1 + 2 * rank) + int(np.prod(positions.image))
        axes = analysis.spatial_axes
        others = tuple(d for d in range(len(analysis.shape)) if d not in axes)
        chunks = chunked(positions, self.chunk)

        def sample(variables: Any, index: jax.Array, x: Any) -> Any:
            out, back = self._value_and_vjp(variables, index, x)
            channels = self.features.channels
            charge = self.estimator.cotangents(self._keys[2], index, channels, out)

            def one(at: jax.Array, center: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
                gradient = back(self.features.impulse(charge, at).astype(out.dtype))[0]
                gradient = gradient.astype(jnp.float32)
                # relative to the largest: squares of 1e-20, common in deep nets, would underflow
                peak = jnp.abs(gradient).max()
                energy = jnp.square(gradient / jnp.where(peak > 0, peak, 1)).sum(others)
                return peak, energy_and_moments(energy, center), energy

            def several(
                part: tuple[jax.Array, jax.Array, jax.Array],
            ) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
                at, center, share = part
                peaks, moments, energies = jax.vmap(one)(at, center)
                top = (share * peaks).max()
                weights = share * jnp.square(peaks / jnp.where(top > 0, top, 1))
                return peaks, moments, top, jnp.tensordot(weights, energies, 1)

            return jax.lax.map(several, chunks)

        self._gradients = compile_once(sample)

    def _places(self) -> Sequence[Sequence[int]] | None:
        """Every feature."""
        return None

    def empty_sums(self) -> Accumulator:
        """The running sums of records before the first sample."""
        return Accumulator.empty(
            (self.length,),
            axes=len(self.analysis.spatial_axes),
            factors=len(self.plan.factors),
            seed=self.plan.seed,
        )

    def draw_samples(
        self, variables: Any, samples: Sequence[int]
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Records [len(samples), length], and the energy and second moments of each.

        Raises:
            ModelError: a gradient that is not finite, or none at all.
        """
        records = np.stack([self._record(variables, i) for i in samples])
        count, rank = self.positions.at.shape  # type: ignore[union-attr]  # checked when made
        moments = records[:, : count * (1 + 2 * rank)].reshape(len(records), count, -1).sum(1)
        # what a unit is worth: energy and second moments over all positions
        return records, {ROWS: moments[:, [0, *range(1 + rank, 1 + 2 * rank)]]}

    def _record(self, variables: Any, index: int) -> np.ndarray:
        x = self._input_of(index)
        found = self._checked(self._gradients, variables, index, x)
        peaks, moments, top, read = (np.asarray(a, np.float64) for a in found)
        moments = moments.reshape(-1, moments.shape[-1]) * (peaks.reshape(-1, 1) ** 2)
        count = (self.length - read[0].size) // moments.shape[1]
        read = np.tensordot(top**2, read, 1)
        return self._finite(np.concatenate([moments[:count].ravel(), read.ravel()]))
