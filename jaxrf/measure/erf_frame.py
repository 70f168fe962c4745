"""``ErfFrame``: a field but for its running sums; ``ErfWork``: the sampler that draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from jaxrf.frameworks.setting import Setting
from jaxrf.geometry.interval import Interval
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.bootstrap import Replicates
from jaxrf.measure.channel_fields import channel_fields
from jaxrf.measure.channel_sampler import ChannelSampler, exact_sampler, parts_of
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.field_location import FieldLocation, field_location
from jaxrf.measure.impulse_grid import Grid, choose_grid
from jaxrf.measure.moments import moments
from jaxrf.measure.perturbation import Perturbation
from jaxrf.measure.perturbed_sampler import PerturbedSampler
from jaxrf.measure.plan import Plan, checked_inputs, distinct, planned, unused
from jaxrf.measure.result import ERF
from jaxrf.measure.sampler import Sampler
from jaxrf.measure.sampling_options import Sampling
from jaxrf.measure.sampling_run import draw_cells
from jaxrf.theory.analysis import Analysis
from jaxrf.theory.model_arguments import feature_of

__all__ = ["SAMPLES", "ErfFrame", "ErfWork", "erf_work"]

SAMPLES = 256  # by default
PILOT = 8  # samples of the first sigma, where the pitch of positions needs one


@dataclass(frozen=True, eq=False)
class ErfFrame:
    """Everything that makes running sums a field; data alone, which a file can hold.

    Attributes:
        shape: of the map.
        center, box, virtual, endpoint, at, inputs, estimator, grid, setting: as those of
            :class:`~jaxrf.ERF`.
        plan: of all samples.
        channels: whose fields are told apart, where the cotangent is "exact"; None otherwise.
        given: inputs that were given, repetitions included; 0 where they are drawn.
        notes: what could not be done as it was asked for, and how much of the network was run.
    """

    shape: tuple[int, ...]
    center: tuple[float, ...]
    box: tuple[Interval, ...]
    virtual: tuple[Interval, ...] | None
    endpoint: str
    at: tuple[int, ...]
    plan: Plan
    inputs: str
    estimator: Estimator | Perturbation
    grid: Grid | None = None
    channels: tuple[int, ...] | None = None
    given: int = 0
    setting: Setting = field(default_factory=Setting)
    notes: tuple[str, ...] = ()

    @property
    def location(self) -> FieldLocation:
        """The location of the field."""
        return FieldLocation(self.virtual, self.box, self.center)

    def empty(self) -> Accumulator:
        """The running sums before the first sample."""
        state = Accumulator.empty(
            self.shape,
            self.location.crop,
            center=self.location.crop_center,
            factors=len(self.plan.factors),
            seed=self.plan.seed,
        )
        if self.estimator.channels is not None and self.channels is not None:
            state.parts = parts_of(self.plan, len(self.channels), self.shape)
        return state

    def field(self, state: Accumulator) -> ERF:
        """The field that running sums make."""
        found = self.channels
        return ERF(
            map=self.estimator.shown(state.mean),
            stderr=state.stderr,
            replicates=Replicates.of(state, self.estimator.shown(state.replicates)),
            center=self.center,
            box=self.box,
            virtual=self.virtual,
            endpoint=self.endpoint,
            at=self.at,
            plan=self.plan.cut(state.done),
            inputs=self.inputs,
            estimator=self.estimator,  # type: ignore[arg-type]  # or what takes its place
            grid=self.grid,
            channels=None if found is None else channel_fields(state, found, self.center),
            setting=self.setting,
            notes=(*self.notes, *unused(self.plan, state.done, self.given)),
        )


@dataclass(frozen=True, eq=False)
class ErfWork:
    """The sampler of a field, and the frame that its sums fill.

    Attributes:
        sampler: draws the samples.
        frame: of the field.
    """

    sampler: Sampler
    frame: ErfFrame

    def finished(self, *notes: str) -> ErfFrame:
        """The frame with all notes, once everything is drawn."""
        told = self.sampler.notes if isinstance(self.sampler, PerturbedSampler) else ()
        cut = self.sampler.features.notes
        return replace(self.frame, notes=(*self.frame.notes, *told, *notes, *cut))


def erf_work(
    analysis: Analysis,
    endpoint: str | None,
    at: int | Sequence[int] | None,
    inputs: np.ndarray | None,
    chosen: Sampling,
) -> ErfWork:
    """The sampler of a field, and its frame.

    Args:
        analysis: of the model.
        endpoint: name of the feature map; None is the output.
        at: position in it; None is the central feature.
        inputs: that were given; None where they are drawn.
        chosen: the options of the measurement.

    Raises:
        InvalidInput: no such feature, inputs of another shape, or options that do not go together.
    """
    name, at = feature_of(analysis, endpoint, at)
    given = checked_inputs(inputs, analysis)
    images = None if given is None else distinct(given)
    plan = planned(
        chosen,
        random_weights=analysis.traced.network.random,
        given=0 if images is None else len(images),
    )
    sampler, location, notes = _sampler(analysis, name, at, plan, images, chosen)
    frame = ErfFrame(
        shape=tuple(analysis.shape[a] for a in analysis.spatial_axes),
        center=location.center,
        box=location.box,
        virtual=location.virtual,
        endpoint=name,
        at=at,
        plan=sampler.plan,
        inputs="normal" if images is None else "given",
        estimator=sampler.estimator,
        grid=sampler.grid,
        channels=sampler.channels if isinstance(sampler, ChannelSampler) else None,
        given=0 if given is None else len(given),
        setting=analysis.setting,
        notes=notes,
    )
    return ErfWork(sampler, frame)


def _sampler(
    analysis: Analysis,
    name: str,
    at: tuple[int, ...],
    plan: Plan,
    images: np.ndarray | None,
    chosen: Sampling,
) -> tuple[Sampler, FieldLocation, tuple[str, ...]]:
    """(sampler, location of the field, notes on what could not be done as asked)."""
    location = field_location(analysis, name, at)
    options = (analysis, name, at, plan, images, analysis.traced.user_weights, chosen.batch)
    sampler: Sampler
    if isinstance(chosen.estimator, Perturbation):
        sampler = PerturbedSampler(
            *options, chosen.estimator, center=location.center, mesh=chosen.mesh
        )
    else:
        sampler = Sampler(*options, chosen.estimator or Estimator(), mesh=chosen.mesh)
    sampler, notes = (exact_sampler if sampler.estimator.exact else _with_grid)(sampler, location)
    if sampler.grid is not None:
        location = location.within(sampler.grid.window)
    return sampler, location, notes


def _with_grid(sampler: Sampler, location: FieldLocation) -> tuple[Sampler, tuple[str, ...]]:
    """The sampler with as many impulses as are safe; a note where only one is."""
    wanted = sampler.estimator.positions
    if wanted == 1:
        return sampler, ()

    def first_sigma() -> tuple[float, ...]:
        plan = sampler.plan
        few = Plan(min(PILOT, plan.samples), min(PILOT, plan.weight_seeds), plan.seed)
        pilot = replace(sampler, plan=few)
        shape = tuple(sampler.analysis.shape[a] for a in sampler.analysis.spatial_axes)
        state = draw_cells(
            pilot, Accumulator.empty(shape, location.crop, center=location.crop_center)
        )
        return moments(
            sampler.estimator.shown(state.mean)[location.crop], location.crop_center
        ).sigma

    grid = choose_grid(sampler.analysis, sampler.endpoint, sampler.at, wanted, first_sigma)
    if isinstance(grid, Grid):
        return replace(sampler, grid=grid), ()
    return sampler, (f"positions: got {wanted}, used 1: {grid}",)
