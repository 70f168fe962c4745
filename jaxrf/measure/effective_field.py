"""``EffectiveField``: a map and its numbers, the base of measured and predicted fields."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property, partial

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.geometry.interval import Interval
from jaxrf.measure.bootstrap import Statistics
from jaxrf.measure.metrics import (
    GaussianFit,
    central_square,
    describe,
    energy_radius,
    fit_gaussian,
)
from jaxrf.text.result import Result

__all__ = ["EffectiveField"]


class EffectiveField(Result, ABC):
    """A map about a centre, and its numbers, by their names.

    Attributes:
        map: float64 [*spatial].
        center: centre that theory gives (eq 11), input pixels.
        box: theoretical field inside the image, the crop that the numbers are taken over.
        virtual: theoretical field, which may leave the image; None where there is no local path.
    """

    map: np.ndarray
    center: tuple[float, ...]
    box: tuple[Interval, ...]
    virtual: tuple[Interval, ...] | None

    @property
    @abstractmethod
    def numbers(self) -> Statistics:
        """Every number; see :func:`jaxrf.measure.metrics.describe`."""

    @cached_property
    def fit(self) -> GaussianFit:
        """Least-squares Gaussian about the centre, over the box (crop coordinates)."""
        return fit_gaussian(self.map[self.crop], self.crop_center)

    @property
    def size(self) -> tuple[int | None, ...]:
        """Theoretical size r of this feature's field per axis; None without a local path."""
        return tuple(i.size for i in self.virtual or ()) or (None,) * self.map.ndim

    @property
    def _describe(self) -> Callable[[np.ndarray], Statistics]:
        """Describes a map inside the box; its fit starts from the fit of this map."""
        return partial(
            describe,
            center=self.crop_center,
            start=self.fit,
            size=self.size,
            image=self.map.shape,
            origin=[i.low for i in self.box],
        )

    @property
    def crop(self) -> tuple[slice, ...]:
        """The part of the map inside the box."""
        return tuple(slice(i.low, i.high + 1) for i in self.box)

    @property
    def crop_center(self) -> tuple[float, ...]:
        """The centre in coordinates of the crop."""
        return tuple(c - i.low for c, i in zip(self.center, self.box, strict=True))

    @property
    def cut(self) -> float:
        """Share of the theoretical field that lies outside the image; NaN without a local path."""
        if self.virtual is None:
            return float("nan")
        inside = [v.clip(n) for v, n in zip(self.virtual, self.map.shape, strict=True)]
        shares = [
            0.0 if i is None else i.size / v.size for i, v in zip(inside, self.virtual, strict=True)
        ]
        return float(1.0 - np.prod(shares))

    @property
    def covariance(self) -> np.ndarray:
        """Float64 [n, n], second moments about the centre, input pixels squared."""
        return np.array(self.numbers["covariance"])

    @property
    def sigma(self) -> tuple[float, ...]:
        """Standard deviation per axis about the centre, by moments."""
        sigma: tuple[float, ...] = self.numbers["sigma"]
        return sigma

    @property
    def centroid(self) -> tuple[float, ...]:
        """Mean of the map inside the box per axis, input pixels."""
        centroid: tuple[float, ...] = self.numbers["centroid"]
        return centroid

    @property
    def sigma_centroid(self) -> tuple[float, ...]:
        """Standard deviation per axis, about the centroid instead of the centre."""
        sigma_centroid: tuple[float, ...] = self.numbers["sigma_centroid"]
        return sigma_centroid

    @property
    def angle(self) -> float:
        """Angle of the major axis, radians."""
        angle: float = self.numbers["angle"]
        return angle

    @property
    def kurtosis(self) -> tuple[float, ...]:
        """Excess kurtosis per axis; 0 for a Gaussian."""
        kurtosis: tuple[float, ...] = self.numbers["kurtosis"]
        return kurtosis

    @property
    def r2(self) -> float:
        """R^2 of the least-squares Gaussian over the box."""
        r2: float = self.numbers["r2"]
        return r2

    @property
    def luo_size(self) -> float:
        """Side of the region above 4.55 % of the centre."""
        luo_size: float = self.numbers["luo_size"]
        return luo_size

    def energy_radius(self, fraction: float) -> float:
        """Radius of the ball about the centre that holds ``fraction`` of the energy."""
        check_arguments(EffectiveField.energy_radius, locals())
        return energy_radius(self.map[self.crop], self.crop_center, fraction)

    def central_square(self, share: float) -> float:
        """Side of the square about the centre that holds ``share`` of the energy."""
        check_arguments(EffectiveField.central_square, locals())
        return central_square(self.map[self.crop], self.crop_center, share)
