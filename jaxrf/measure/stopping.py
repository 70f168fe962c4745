"""``StoppingRule``: sampling ends once sigma is known precisely enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.field_location import FieldLocation
from jaxrf.measure.sampler import Sampler
from jaxrf.measure.tails import sigma_error, tails_of

__all__ = ["STEP", "StoppingRule", "error_after", "precise_enough"]

STEP = 16  # cells between two looks at the precision
FIRST = 60.0  # effective units before a look counts: of 64 with light tails; heavy ones show late
LOOKS = 2  # in a row that must be good enough: a single one may be by chance


@dataclass(frozen=True, eq=False)
class StoppingRule:
    """Looks at the precision of sigma every ``STEP`` cells.

    Attributes:
        sampler: draws the samples.
        location: of the field.
        precision: relative standard error of sigma that is enough.
        precise: called with that error at every look.
    """

    sampler: Sampler
    location: FieldLocation
    precision: float
    precise: Callable[[float], None] | None = None

    def is_met(self, state: Accumulator) -> bool:
        """Whether sigma is known well enough, at this look and at the one before it."""
        if not state.done or state.done % STEP:
            return False
        if self.precise is not None:
            self.precise(self._error(state, state.done))
        return precise_enough(state, self.precision, self._error)

    def _error(self, state: Accumulator, cells: int) -> float:
        """Relative standard error of sigma after so many cells."""
        if self.sampler.estimator.signed:  # what is shown is no sum over cells
            return self.sampler.replicates(state).sigma_precision(self.location.crop_center)
        return error_after(state, cells)


def precise_enough(
    state: Accumulator, precision: float, error: Callable[[Accumulator, int], float]
) -> bool:
    """Whether this look and those before it, ``LOOKS`` in all, find sigma known well enough.

    Args:
        state: running sums at a multiple of ``STEP`` cells.
        precision: relative standard error of sigma that is enough.
        error: (state, cells) -> that error after so many of the state's cells.
    """

    def good(cells: int) -> bool:
        worth = tails_of(state.rows[:cells], state.units[:cells]).effective
        return worth >= FIRST and error(state, cells) < precision

    looks = range(state.done, 0, -STEP)[:LOOKS]
    return len(looks) == LOOKS and all(good(n) for n in looks)


def error_after(state: Accumulator, cells: int) -> float:
    """Relative standard error of sigma after so many cells, by the jackknife over their units."""
    return sigma_error(state.rows[:cells], state.units[:cells])
