"""``ERF``: a measured effective receptive field, its numbers and their standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from jaxrf.geometry import Interval
from jaxrf.measure.metrics import (
    GaussianFit,
    Statistics,
    describe,
    energy_radius,
    fit_gaussian,
    jackknife,
)
from jaxrf.measure.sampling import Plan

__all__ = ["ERF"]


@dataclass(frozen=True, eq=False)
class ERF:
    """A measured effective receptive field.

    All lengths are input pixels; all numbers are about ``center`` and the g^2 map inside ``box``.

    Attributes:
        map: float64 [*spatial], mean squared gradient.
        stderr: float64 [*spatial], its standard error over independent units.
        blocks: float64 [B, *spatial], mean maps of blocks of units, for the jackknife.
        center: centre that theory gives (eq 11), input pixels.
        box: theoretical field inside the image, the crop that the numbers are taken over.
        virtual: theoretical field, which may leave the image; None where there is no local path.
        endpoint: name of the feature map.
        at: output index per spatial axis.
        plan: samples, weight seeds and seed.
        inputs: "normal" for random inputs, "given" for images.
    """

    map: np.ndarray
    stderr: np.ndarray
    blocks: np.ndarray
    center: tuple[float, ...]
    box: tuple[Interval, ...]
    virtual: tuple[Interval, ...] | None
    endpoint: str
    at: tuple[int, ...]
    plan: Plan
    inputs: str

    @property
    def samples(self) -> int:
        """Backward passes."""
        return self.plan.samples

    @property
    def crop(self) -> tuple[slice, ...]:
        """The part of the map inside the box."""
        return tuple(slice(i.low, i.high + 1) for i in self.box)

    @property
    def crop_center(self) -> tuple[float, ...]:
        """The centre in coordinates of the crop."""
        return tuple(c - i.low for c, i in zip(self.center, self.box, strict=True))

    @cached_property
    def fit(self) -> GaussianFit:
        """Least-squares Gaussian about the centre, over the box (crop coordinates)."""
        return fit_gaussian(self.map[self.crop], self.crop_center)

    @cached_property
    def numbers(self) -> Statistics:
        """Every number; see :func:`jaxrf.measure.metrics.describe`."""
        return describe(self.map[self.crop], self.crop_center, start=self.fit)

    @cached_property
    def errors(self) -> Statistics:
        """Standard error of every number: delete-one-block jackknife over independent units."""
        statistic = partial(describe, center=self.crop_center, start=self.fit)
        blocks = self.blocks[(slice(None), *self.crop)]
        if any(not (blocks.sum(0) > block).any() for block in blocks):
            blocks = blocks[:1]  # all the energy is in one block: there is no error to be had
        return jackknife(blocks, statistic)

    @property
    def sigma(self) -> tuple[float, ...]:
        """Standard deviation per axis, by moments."""
        return self.numbers["sigma"]

    @property
    def angle(self) -> float:
        """Angle of the major axis, radians."""
        return self.numbers["angle"]

    @property
    def kurtosis(self) -> tuple[float, ...]:
        """Excess kurtosis per axis; 0 for a Gaussian."""
        return self.numbers["kurtosis"]

    @property
    def r2(self) -> float:
        """R^2 of the least-squares Gaussian over the box."""
        return self.numbers["r2"]

    @property
    def luo_size(self) -> float:
        """Side of the region above 4.55 % of the centre."""
        return self.numbers["luo_size"]

    def energy_radius(self, fraction: float) -> float:
        """Radius of the ball about the centre that holds ``fraction`` of the energy."""
        return energy_radius(self.map[self.crop], self.crop_center, fraction)

    def to_dict(self) -> dict:
        """Every number with its name and standard error, and what map it is about."""
        return {
            "endpoint": self.endpoint,
            "at": list(self.at),
            "map": "g^2",
            "samples": self.samples,
            "weight_seeds": self.plan.weight_seeds,
            "seed": self.plan.seed,
            "inputs": self.inputs,
            "center": list(self.center),
            "box": [[i.low, i.high] for i in self.box],
            **self.numbers,
            "stderr": self.errors,
        }
