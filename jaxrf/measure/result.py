"""``ERF``: a measured effective receptive field, its numbers and their standard errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.setting import Setting
from jaxrf.geometry.interval import Interval
from jaxrf.measure.bootstrap import Replicates, Statistics, errors_of, like
from jaxrf.measure.channel_fields import ChannelFields
from jaxrf.measure.effective_field import EffectiveField
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.impulse_grid import Grid
from jaxrf.measure.intervals import Intervals
from jaxrf.measure.noise import noise_free_r2
from jaxrf.measure.plan import Plan
from jaxrf.measure.tails import Tails

__all__ = ["ERF", "LEVEL"]

LEVEL = 0.9545  # of the intervals that are printed: two standard errors of many units


@dataclass(frozen=True, eq=False, repr=False)
class ERF(EffectiveField):
    """A measured effective receptive field.

    All lengths are input pixels; all numbers are about ``center`` and the map inside ``box``.

    Attributes:
        map: float64 [*spatial], mean squared gradient, or the quantity of the estimator.
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
        estimator: how a sample was taken.
        grid: the impulses of a pass; None for a single one.
        channels: the field of every channel, where the cotangent was "exact"; None otherwise.
        notes: what could not be done as it was asked for.
        setting: whose weights, how the model was called, and what was assumed.
    """

    REPORT: ClassVar[str] = "erf"

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
    setting: Setting = field(default_factory=Setting)

    @property
    def samples(self) -> int:
        """Backward passes; of an exact field, pairs of a network and an input."""
        return self.plan.samples

    @property
    def tails(self) -> Tails:
        """The tails of the energies of units: their effective number, the share of the largest."""
        return self.replicates.tails

    @cached_property
    def _replicated(self) -> list[Statistics]:
        """The numbers of every useful replicate; empty without errors."""
        maps, _ = self.replicates.useful()
        return [self._describe(m) for m in maps] if len(maps) > 1 else []

    @cached_property
    def numbers(self) -> Statistics:
        """Every number; see :func:`jaxrf.measure.metrics.describe`.

        ``r2`` is corrected for the noise of the map (:mod:`jaxrf.measure.noise`), where that is
        known.
        """
        numbers = self._describe(self.map[self.crop])
        maps, scales = self.replicates.useful()
        if len(maps) > 1:
            numbers["r2"] = min(noise_free_r2(self.map[self.crop], self.fit, maps, scales), 1.0)
        return numbers

    @cached_property
    def errors(self) -> Statistics:
        """Standard error of every number, by bootstrap over independent units.

        The error of ``r2`` is that of R^2 over replicates, which have twice the noise: it is too
        large where noise is most of the misfit, so that intervals cover at least their level.
        """
        if not self._replicated:
            return {n: like(v, np.full(np.shape(v), np.nan)) for n, v in self.numbers.items()}
        return errors_of(self._replicated, self.replicates.useful()[1])

    def intervals(self, level: float = LEVEL) -> dict[str, Any] | None:
        """(low, high) of every number; None for too few units (:mod:`jaxrf.measure.intervals`).

        Args:
            level: coverage probability; .9545 by default, which is two standard errors where
                units are many.

        Raises:
            InvalidInput: a level that is not between 0 and 1.
        """
        check_arguments(ERF.intervals, locals())
        if not 0.0 < level < 1.0:
            raise InvalidInput(f"level: got {level}, need a probability between 0 and 1")
        amplitudes = [f["amplitude_fit"] for f in self._replicated]
        return Intervals(
            energy=self.map[self.crop],
            center=self.crop_center,
            origin=tuple(i.low for i in self.box),
            image=self.map.shape,
            size=self.size,
            replicates=self.replicates,
            numbers=self.numbers,
            errors=self.errors,
            amplitudes=np.array(amplitudes),
        ).of(level)
