"""Records: the maps of all positions, reduced to energies, moments and the energy of every pixel.

No map is kept: a *record* is one vector of [P, 1 + 2 n] moments about the theoretical centres and
then, pixel by pixel, the energy of all positions together. Records of samples add up, so that they
take the place of maps in running sums (:mod:`jaxrf.measure.accumulator`) and their bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.bootstrap import Statistics
from jaxrf.measure.field_grid.output_positions import Positions
from jaxrf.measure.moments import described

__all__ = ["Record", "energy_and_moments", "statistics"]


def energy_and_moments(energy: Any, center: Any) -> Any:
    """[1 + 2 n]: the sum of a map, and its first and second moments about a centre; traceable.

    Args:
        energy: [*spatial].
        center: [n], input pixels.
    """
    rank = energy.ndim
    found = [energy.sum()]
    lines = [energy.sum(tuple(b for b in range(rank) if b != a)) for a in range(rank)]
    offsets = [jnp.arange(n, dtype=energy.dtype) - center[a] for a, n in enumerate(energy.shape)]
    found += [(m * x).sum() for m, x in zip(lines, offsets, strict=True)]
    found += [(m * x**2).sum() for m, x in zip(lines, offsets, strict=True)]
    return jnp.stack(found)


@dataclass(frozen=True, eq=False)
class Record:
    """The parts of a record.

    Attributes:
        moments: [P, 1 + 2 n]: energy, first and second moments of the map of every position.
        read: [*spatial], energy of every pixel, summed over all positions.
        positions: of the maps.
    """

    moments: np.ndarray
    read: np.ndarray
    positions: Positions

    @classmethod
    def of(cls, vector: np.ndarray, positions: Positions) -> Record:
        """The parts of a record that is given as one vector."""
        count = int(np.prod(positions.shape)) * (1 + 2 * len(positions.shape))
        moments = vector[:count].reshape(-1, 1 + 2 * len(positions.shape))
        return cls(moments, vector[count:].reshape(positions.image), positions)

    @property
    def energy(self) -> np.ndarray:
        """[P], energy of the map of every position."""
        return self.moments[:, 0]

    def over(self, chosen: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """(mean energy, sigma about the centres [n], shift towards the middle [n]) of a group."""
        rank, some = len(self.positions.shape), self.moments[chosen]
        total = some[:, 0].sum()
        middle = (np.array(self.positions.image) - 1) / 2
        inwards = np.sign(middle - self.positions.center[chosen])
        with np.errstate(all="ignore"):
            sigma = np.sqrt(some[:, 1 + rank :].sum(0) / total)
            shift = (some[:, 1 : 1 + rank] * inwards).sum(0) / total
        return float(some[:, 0].mean()), sigma, shift

    def of_outputs(self) -> np.ndarray:
        """[*T], mean energy of every class of output index modulo T, over that of all classes.

        Means are over the interior, where every class has a position there.
        """
        period = self.positions.period
        classes = self.positions.at % period
        inside = self.positions.groups.get("interior", np.zeros(len(classes), bool))
        found = _class_means(self.energy[inside], classes[inside], period)
        if not np.isfinite(found).all():
            found = _class_means(self.energy, classes, period)
        return found / np.nanmean(found) if np.nanmean(found) else found

    def of_inputs(self) -> np.ndarray:
        """[*D], mean energy read of every class of pixel index modulo D, over that of all classes.

        Means are over the pixels that no output beyond the borders would have read, where every
        class has such a pixel.
        """
        shift = self.positions.shift
        places = np.stack(np.meshgrid(*map(np.arange, self.read.shape), indexing="ij"), -1)
        inside = np.ones(self.read.shape, bool)
        for axis, line in enumerate(self.positions.whole_pixels):
            inside &= line.reshape([-1 if a == axis else 1 for a in range(self.read.ndim)])
        found = _class_means(self.read[inside], places[inside] % shift, shift)
        if not np.isfinite(found).all():
            rank = self.read.ndim
            found = _class_means(self.read.ravel(), places.reshape(-1, rank) % shift, shift)
        return found / np.nanmean(found) if np.nanmean(found) else found


def _class_means(values: np.ndarray, classes: np.ndarray, counts: Sequence[int]) -> np.ndarray:
    """[*counts], the mean of the values of each class; NaN for a class without a member."""
    number = np.ravel_multi_index(tuple(classes.T), counts)
    size = int(np.prod(counts))
    with np.errstate(all="ignore"):
        means = np.bincount(number, values, size) / np.bincount(number, minlength=size)
    return means.reshape(counts)


def statistics(record: Record) -> Statistics:
    """Every number of a record, arrays as flat tuples; see :class:`.result.FieldGrid`."""
    found = {
        **described(record.moments, record.positions.center),
        "outputs": record.of_outputs(),
        "inputs": record.of_inputs(),
    }
    groups = record.positions.groups
    level = record.over(groups["interior"])[0] if "interior" in groups else record.energy.mean()
    for name, chosen in groups.items():
        energy, sigma, shift = record.over(chosen)
        found |= {f"{name}_energy": np.array([energy / level if level else np.nan])}
        found |= {f"{name}_sigma": sigma, f"{name}_shift": shift}
    return {name: tuple(np.ravel(value).tolist()) for name, value in found.items()}
