"""``ERF``: a measured effective receptive field, its numbers and their standard errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from jaxrf.geometry import Interval
from jaxrf.measure.bootstrap import Replicates, Statistics, standard_errors
from jaxrf.measure.channel_fields import ChannelFields
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.field import EffectiveField
from jaxrf.measure.metrics import GaussianFit, describe, fit_gaussian
from jaxrf.measure.plan import Plan
from jaxrf.measure.positions import Grid

__all__ = ["ERF"]


@dataclass(frozen=True, eq=False)
class ERF(EffectiveField):
    """A measured effective receptive field.

    All lengths are input pixels; all numbers are about ``center`` and the map inside ``box``.

    Attributes:
        map: float64 [*spatial], mean squared gradient, or what the estimator says.
        stderr: float64 [*spatial], its standard error over independent units.
        replicates: of the map inside the box, for the errors of the numbers.
        center: centre that theory gives (eq 11), input pixels.
        box: theoretical field inside the image, the crop that the numbers are taken over; with
            several positions, no more of it than their pitch leaves.
        virtual: theoretical field, which may leave the image; None where there is no local path.
        endpoint: name of the feature map.
        at: output index per spatial axis.
        plan: samples that were drawn, weight seeds and seed.
        inputs: "normal" for random inputs, "given" for images.
        estimator: what one sample was.
        grid: where the impulses of a pass were; None for one.
        channels: the field of every channel, where the cotangent was "exact"; None otherwise.
        notes: what could not be done as it was asked for.
    """

    map: np.ndarray
    stderr: np.ndarray
    replicates: Replicates
    center: tuple[float, ...]
    box: tuple[Interval, ...]
    virtual: tuple[Interval, ...] | None
    endpoint: str
    at: tuple[int, ...]
    plan: Plan
    inputs: str
    estimator: Estimator = field(default_factory=Estimator)
    grid: Grid | None = None
    channels: ChannelFields | None = None
    notes: tuple[str, ...] = ()

    @property
    def samples(self) -> int:
        """Backward passes; of an exact field, pairs of a network and an input."""
        return self.plan.samples

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
        return partial(
            describe,
            center=self.crop_center,
            start=self.fit,
            size=self.size,
            image=self.map.shape,
        )

    @cached_property
    def numbers(self) -> Statistics:
        """Every number; see :func:`jaxrf.measure.metrics.describe`."""
        return self._describe(self.map[self.crop])

    @cached_property
    def errors(self) -> Statistics:
        """Standard error of every number, by bootstrap over independent units."""
        return standard_errors(self.replicates, self._describe)

    def to_dict(self) -> dict:
        """Every number with its name and standard error, and what map it is about."""
        return {
            "endpoint": self.endpoint,
            "at": list(self.at),
            "map": self.estimator.map_name,
            "cotangent": self.estimator.cotangent,
            "positions": 1 if self.grid is None else self.grid.count,
            "pitch": None if self.grid is None else list(self.grid.pitch),
            "samples": self.samples,
            "weight_seeds": self.plan.weight_seeds,
            "input_seeds": self.plan.input_seeds,
            "seed": self.plan.seed,
            "inputs": self.inputs,
            "center": list(self.center),
            "box": [[i.low, i.high] for i in self.box],
            "size": list(self.size),
            "notes": list(self.notes),
            **self.numbers,
            "stderr": self.errors,
            **({} if self.channels is None else {"channels": self.channels.to_dict()}),
        }
