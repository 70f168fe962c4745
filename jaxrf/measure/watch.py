"""Between two batches of samples: looks at the precision, progress, states on disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from jaxrf.measure.accumulate import Accumulator
from jaxrf.measure.bootstrap import Replicates
from jaxrf.measure.extend import begins
from jaxrf.measure.feature import Place
from jaxrf.measure.fingerprint import fingerprint
from jaxrf.measure.sampling import Sampler
from jaxrf.measure.tails import sigma_error, tails_of

__all__ = ["STEP", "Watch", "error_after", "precise_enough", "replicates_of"]

SAVE_EVERY = 20.0  # seconds between two states on disk
STEP = 16  # cells between two looks at the precision
FIRST = 60.0  # effective units before a look counts: of 64 with light tails; heavy ones show late
LOOKS = 2  # in a row that must be good enough: a single one may be by chance


@dataclass(eq=False)
class Watch:
    """Follows a run of samples.

    Attributes:
        sampler: what is drawn.
        place: of the field.
        precision: relative standard error of sigma that is enough; None: all samples are drawn.
        precise: called with that error at every look, before ``progress``.
        progress: called with (samples done, samples) after every batch.
        checkpoint: file that keeps the state.
    """

    sampler: Sampler
    place: Place
    precision: float | None = None
    precise: Callable[[float], None] | None = None
    progress: Callable[[int, int], None] | None = None
    checkpoint: str | Path | None = None
    _saved: float = field(default_factory=time.monotonic, init=False, repr=False)

    @cached_property
    def _name(self) -> str:
        return fingerprint(self.sampler)

    def start(self, *, resume: bool) -> Accumulator:
        """The state to go on from: what the checkpoint holds, where it is read, or nothing yet."""
        if resume and self.checkpoint is not None and Path(self.checkpoint).exists():
            return Accumulator.load(
                Path(self.checkpoint),
                self._name,
                begins=lambda found, done: begins(found, self._name, self.sampler.plan, done),
            )
        return self.nothing()

    def nothing(self) -> Accumulator:
        """The state before the first sample."""
        analysis = self.sampler.analysis
        spatial = tuple(analysis.shape[a] for a in analysis.spatial_axes)
        state = Accumulator.empty(
            spatial,
            self.place.crop,
            center=self.place.crop_center,
            factors=len(self.sampler.plan.factors),
            seed=self.sampler.plan.seed,
        )
        state.parts = self.sampler.parts()
        return state

    def reached(self, state: Accumulator) -> bool:
        """Whether sigma is known well enough, at this look and at the one before it."""
        if self.precision is None or not state.done or state.done % STEP:
            return False
        if self.precise is not None:
            self.precise(self._error(state, state.done))
        return precise_enough(state, self.precision, self._error)

    def _error(self, state: Accumulator, cells: int) -> float:
        """Relative standard error of sigma after so many cells."""
        if self.sampler.estimator.signed:  # what is shown is no sum over cells
            return replicates_of(self.sampler, state).sigma_precision(self.place.crop_center)
        return error_after(state, cells)

    def __call__(self, state: Accumulator, done: int) -> bool:
        """After a batch: whether to end here."""
        samples = self.sampler.plan.samples
        enough = self.reached(state)
        last = done == samples or enough  # kept until the caller has written what comes of it
        if last or time.monotonic() - self._saved > SAVE_EVERY:
            self.save(state)
        if self.progress is not None:
            self.progress(done, samples)
        return enough

    def save(self, state: Accumulator) -> None:
        """Write the state, where there is one and a file for it."""
        if self.checkpoint is not None and state.done and state.whole:
            state.save(Path(self.checkpoint), self._name)
            self._saved = time.monotonic()


def precise_enough(
    state: Accumulator, precision: float, error: Callable[[Accumulator, int], float]
) -> bool:
    """Whether this look and those before it, ``LOOKS`` in all, find sigma known well enough.

    Args:
        state: at a multiple of ``STEP`` cells.
        precision: relative standard error of sigma that is enough.
        error: of a state, that error after so many of its cells.
    """

    def good(cells: int) -> bool:
        worth = tails_of(state.rows[:cells], state.units[:cells]).effective
        return worth >= FIRST and error(state, cells) < precision

    looks = range(state.done, 0, -STEP)[:LOOKS]
    return len(looks) == LOOKS and all(good(n) for n in looks)


def error_after(state: Accumulator, cells: int) -> float:
    """Relative standard error of sigma after so many cells, by the jackknife over their units."""
    return sigma_error(state.rows[:cells], state.units[:cells])


def replicates_of(sampler: Sampler, state: Accumulator) -> Replicates:
    """Bootstrap replicates of the map that is shown."""
    return Replicates.of(state, sampler.estimator.shown(state.replicates))
