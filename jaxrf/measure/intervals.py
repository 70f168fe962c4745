"""Intervals for the numbers of a measured map.

============  ====================================================================================
number        interval
============  ====================================================================================
smooth        value -+ q times its standard error, with q of Student's t (:mod:`.tails`)
a distance    that of the shares F -+ q s, with s the standard error of the share within the
              distance found (Woodruff 1952): a side of a square stays on its lattice
a count       from the pixels that exceed the threshold by q of their own standard errors to those
              that are not below it by as much; conservative
============  ====================================================================================

There are no intervals where the units are too few (:attr:`.tails.Tails.enough`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from jaxrf.measure.bootstrap import Replicates, Statistics, like, spread
from jaxrf.measure.metrics import (
    ENERGY_FRACTIONS,
    GAUSSIAN_MASS,
    SQUARE_SHARES,
    center_value,
    energy_radii,
    square_area,
    square_sides,
)
from jaxrf.measure.profiles import Profile, balls, squares

__all__ = ["Intervals"]

MOST = {"r2": 1.0}  # upper bounds of numbers


@dataclass(frozen=True, eq=False)
class Intervals:
    """Intervals for all numbers of a map.

    Attributes:
        energy: float64 [*crop], the map.
        center: in coordinates of the crop.
        origin: first pixel of the crop in the image, per axis.
        image: length of the image per axis.
        size: theoretical size r per axis; None where there is none.
        replicates: of the map.
        numbers: of the map (:func:`jaxrf.measure.metrics.describe`).
        errors: their standard errors.
        amplitudes: [R], fitted amplitude of every useful replicate.
    """

    energy: np.ndarray
    center: tuple[float, ...]
    origin: tuple[int, ...]
    image: tuple[int, ...]
    size: tuple[int | None, ...]
    replicates: Replicates
    numbers: Statistics
    errors: Statistics
    amplitudes: np.ndarray

    def of(self, level: float) -> dict[str, Any] | None:
        """(low, high) of every number, in the shape that the number has; None for too few units.

        Args:
            level: probability with which an interval covers, in (0, 1).
        """
        tails = self.replicates.tails
        if not tails.enough or len(self._maps) < 2:
            return None
        width = tails.quantile(level)
        found = {name: self._smooth(name, value, width) for name, value in self.numbers.items()}
        return found | self._distances(width) | self._counts(width)

    @cached_property
    def _useful(self) -> tuple[np.ndarray, np.ndarray]:
        return self.replicates.useful()

    @property
    def _maps(self) -> np.ndarray:
        return self._useful[0]

    def _smooth(self, name: str, value: Any, width: float) -> Any:
        low = np.asarray(value) - width * np.asarray(self.errors[name])
        high = np.asarray(value) + width * np.asarray(self.errors[name])
        pairs = np.stack([low, np.minimum(high, MOST.get(name, np.inf))], axis=-1)
        return _pairs(value, pairs)

    def _distances(self, width: float) -> dict[str, tuple[float, float]]:
        shape = self.energy.shape
        found: dict[str, tuple[float, float]] = {}
        ends = self._ends(balls(shape, self.center), energy_radii, ENERGY_FRACTIONS, width)
        for share, (low, high) in zip(ENERGY_FRACTIONS, ends, strict=True):
            found[f"energy_radius_{share}"] = (low, high)
        ends = self._ends(squares(shape, self.center), square_sides, SQUARE_SHARES, width)
        middle = np.add(self.center, self.origin).tolist()
        for share, (low, high) in zip(SQUARE_SHARES, ends, strict=True):
            found[f"square_side_{share}"] = (low, high)
            found[f"square_area_{share}"] = (
                square_area(low, middle, self.image),
                square_area(high, middle, self.image),
            )
        return found

    def _ends(
        self, profile: Profile, lengths: Callable[..., Any], shares: Sequence[float], width: float
    ) -> list[tuple[float, float]]:
        """The intervals of lengths that hold shares of the energy."""
        found = profile.lengths(profile.held(self.energy), shares)
        within = np.array([profile.shares(profile.held(m), found) for m in self._maps])
        error = spread(within, self._useful[1])
        low, high = (
            lengths(self.energy, self.center, np.clip(shares + side * width * error, 1e-12, 1.0))
            for side in (-1, 1)
        )
        return list(zip(low, high, strict=True))

    def _counts(self, width: float) -> dict[str, tuple[float, float]]:
        """The intervals of Luo's size by either peak, and of its shares."""
        peaks = np.array([center_value(m, self.center) for m in self._maps])
        plain = self._count(center_value(self.energy, self.center), peaks, width)
        fitted = self._count(self.numbers["amplitude_fit"], self.amplitudes, width)
        rank = self.energy.ndim
        r = np.exp(np.mean(np.log([np.nan if s is None else s for s in self.size])))
        root = tuple(n ** (1 / rank) for n in plain)
        return {
            "luo_size": root,
            "luo_size_fit": tuple(n ** (1 / rank) for n in fitted),
            "size_share": tuple(float(side / r) for side in root),
            "pixel_share": tuple(n / self.energy.size for n in plain),
        }

    def _count(self, peak: float, peaks: np.ndarray, width: float) -> tuple[float, float]:
        """The smallest and the largest number of pixels above the threshold."""
        level = 1.0 - GAUSSIAN_MASS
        above = self.energy - level * peak
        differences = self._maps - level * peaks.reshape(-1, *(1,) * self.energy.ndim)
        error = width * spread(differences, self._useful[1])
        certain, possible = above > error, above > -error
        return float(np.count_nonzero(certain)), float(np.count_nonzero(possible))


def _pairs(example: Any, pairs: np.ndarray) -> Any:
    """Pairs (low, high) in (nested) tuples of the shape of an example."""
    if isinstance(example, tuple):
        return tuple(_pairs(e, p) for e, p in zip(example, pairs, strict=True))
    return like((0.0, 0.0), pairs)
