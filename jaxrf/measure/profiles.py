"""Profiles: the share of a map's energy within a distance of a point, and the distance of a share.

A profile belongs to a shape and a centre: the pixels fall into rings of equal distance, Euclidean
for balls and by the largest coordinate for squares. A map gives the energy of every ring. Radius
and share are each other's inverse, so that an interval for a radius comes from one for a share
(Woodruff 1952, *Confidence intervals for medians and other position measures*, JASA 47): the share
within a fixed distance is a smooth number, whatever jumps the distances make.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from jaxrf.measure.moments import axis_offsets

__all__ = ["Profile", "balls", "squares"]


@dataclass(frozen=True, eq=False)
class Profile:
    """Rings of pixels about a centre.

    Attributes:
        ring: int [*spatial], the ring of every pixel.
        distance: float64 [rings], in input pixels, increasing.
        volume: float64 [rings], distance**n, or side**n for squares, over n axes.
        even: whether lengths interpolate between rings, volume linear in the energy held; else
            they are distances of whole rings.
    """

    ring: np.ndarray
    distance: np.ndarray
    volume: np.ndarray
    even: bool

    def held(self, energy: np.ndarray) -> np.ndarray:
        """The share of the energy within every ring: [rings], increasing to 1."""
        weights = (energy / energy.max()).ravel()
        held = np.cumsum(np.bincount(self.ring.ravel(), weights, len(self.distance)))
        shares: np.ndarray = held / held[-1]
        return shares

    def lengths(self, held: np.ndarray, shares: ArrayLike) -> np.ndarray:
        """Distances that hold shares of the energy: radii or half sides, input pixels."""
        some = np.diff(held, prepend=0.0) > 0
        wanted = np.clip(np.asarray(shares, float), 0.0, 1.0)
        if self.even:
            filled = np.interp(wanted, held[some], self.volume[some])
            lengths: np.ndarray = filled ** (1 / self.ring.ndim)
            return lengths
        # a share that a ring holds up to rounding is held
        needed = wanted * (1 - 1e-12)
        distances: np.ndarray = self.distance[some][
            np.searchsorted(held[some], needed).clip(max=some.sum() - 1)
        ]
        return distances

    def shares(self, held: np.ndarray, lengths: ArrayLike) -> np.ndarray:
        """The shares of the energy within lengths: the inverse of :meth:`lengths`."""
        if self.even:
            shares: np.ndarray = np.interp(np.asarray(lengths) ** self.ring.ndim, self.volume, held)
            return shares
        return held[np.searchsorted(self.distance, np.asarray(lengths) - 1e-9)]


@lru_cache(maxsize=8)
def balls(shape: tuple[int, ...], center: tuple[float, ...]) -> Profile:
    """Rings of equal Euclidean distance."""
    squared = sum(
        (x**2 for x in np.ix_(*axis_offsets(shape, center))), start=np.zeros(shape, float)
    )
    values, ring = np.unique(squared, return_inverse=True)
    return Profile(ring.reshape(shape), np.sqrt(values), values ** (len(shape) / 2), True)


@lru_cache(maxsize=8)
def squares(shape: tuple[int, ...], center: tuple[float, ...]) -> Profile:
    """Rings of equal distance by the largest coordinate."""
    largest = np.zeros(shape)
    for offsets in np.ix_(*(np.abs(x) for x in axis_offsets(shape, center))):
        np.maximum(largest, offsets, out=largest)
    values, ring = np.unique(largest, return_inverse=True)
    return Profile(ring.reshape(shape), values, (2 * values + 1) ** len(shape), False)
