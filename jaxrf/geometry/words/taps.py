"""Fixed tables of taps, and the periodic law behind them.

A table of taps stops at the borders of what it reads: image resizing clips its kernel there. Like
padding, that is exact for real inputs, while the virtual field follows the law of the interior:
``low[u + T] = low[u] + D``, read off the rows that the border does not touch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import gcd

import numpy as np

from jaxrf.geometry.index_tables import Table, continued, gather
from jaxrf.geometry.periodic_law import Law, through
from jaxrf.geometry.words.access import Access

__all__ = ["Taps", "Virtual"]

_LONGEST_PERIOD = 64  # tried when the ratio of the lengths is not it


@dataclass(frozen=True, eq=False)
class Virtual:
    """The taps as the law of the interior continues them beyond the borders.

    Attributes:
        table: the hull of every row.
        period: outputs after which the taps repeat.
        step: operand indices by which they move in that time.
    """

    table: Table
    period: int
    step: int


@dataclass(frozen=True, eq=False)
class Taps(Access):
    """Output u reads the input indices ``table[u]``; -1 is no input.

    Attributes:
        table: integers [outputs, taps].
    """

    table: np.ndarray
    _virtual: dict[int, Virtual | None] = field(default_factory=dict, init=False, repr=False)

    def index_table(self, outputs: int, inputs: int) -> Table:
        """The table of the taps, without those of value -1."""
        indices = np.asarray(self.table)
        return Table(indices, indices >= 0)

    def fits(self, inputs: int, outputs: int) -> bool:
        """Whether there is a row per output, and no tap beyond the last input."""
        table = self.table
        within = not table.size or (int(table.min()) >= -1 and int(table.max()) < inputs)
        return len(table) == outputs and within

    @property
    def is_table(self) -> bool:
        """True: a table of taps comes from values that the model's code fixes."""
        return True

    def virtual(self, inputs: int) -> Virtual | None:
        """The taps beyond the borders of ``inputs`` inputs, None where they follow no law."""
        if inputs not in self._virtual:
            self._virtual[inputs] = _virtual(np.asarray(self.table), inputs)
        return self._virtual[inputs]

    def law_through(self, law: Law | None, *, inputs: int, outputs: int) -> Law | None:
        """The law of the output by the law of the interior taps."""
        virtual = self.virtual(inputs)
        return None if virtual is None else through(law, virtual.period, virtual.step)

    def forward(
        self,
        exact: np.ndarray,
        virtual: np.ndarray,
        law: Law | None,
        *,
        dim: int,
        inputs: int,
        outputs: int,
    ) -> tuple[np.ndarray, np.ndarray, Law | None]:
        """Intervals and law; virtual ones go on beyond the borders where the taps follow a law."""
        real = self.index_table(outputs, inputs)
        exact = gather(exact, dim, inputs, real, None)
        beyond = self.virtual(inputs)
        if beyond is None:
            return exact, gather(virtual, dim, inputs, real, law), None
        moved = through(law, beyond.period, beyond.step)
        if moved is None:
            return exact, gather(virtual, dim, inputs, beyond.table, None), None
        rows = min(outputs, moved.period)
        period = Table(beyond.table.indices[:rows], beyond.table.valid[:rows])
        found = gather(virtual, dim, inputs, period, law)
        return exact, continued(found, dim, outputs, moved), moved


def _virtual(indices: np.ndarray, length: int) -> Virtual | None:
    """The hull of every row, continued beyond the borders by its law."""
    some = indices >= 0
    outputs = len(indices)
    if outputs < 2 or not some.any(1).all():
        return None
    low = np.where(some, indices, length).min(1)
    high = indices.max(1)
    for n, (period, step) in enumerate(_candidates(low, outputs, length)):
        confirmed = n > 0  # the ratio of the lengths is what resizing follows, the rest are guesses
        if not confirmed and (np.diff(low) < 0).any():
            continue  # no resizing goes back
        lows = _continued(low, low > 0, period, step, confirmed)
        highs = _continued(high, high < length - 1, period, step, confirmed)
        if lows is None or highs is None or (lows > low).any() or (highs < high).any():
            continue
        taps = lows[:, None] + np.arange(int((highs - lows).max()) + 1)
        return Virtual(Table(taps, taps <= highs[:, None]), period, step)
    return None


def _candidates(low: np.ndarray, outputs: int, length: int) -> Iterator[tuple[int, int]]:
    """Periods and steps to try: the ratio of the lengths, then what the rows themselves say."""
    common = gcd(outputs, length)
    yield outputs // common, length // common
    middle = outputs // 2
    for period in range(1, min(_LONGEST_PERIOD, outputs - 1) + 1):
        start = max(0, min(middle - period // 2, outputs - 1 - period))
        yield period, int(low[start + period] - low[start])


def _continued(
    ends: np.ndarray, free: np.ndarray, period: int, step: int, confirmed: bool
) -> np.ndarray | None:
    """Ends that obey the law everywhere, from those that no border moved; None if they do not.

    Every phase needs a free row; where the law must be ``confirmed``, two more of each agree: a
    period of 19 with a step of 10 fits 37 rows that follow 19 / 37, but not three times. What comes
    round again without a step has to do so once.
    """
    outputs = np.arange(len(ends))
    turns, phase = np.divmod(outputs, period)
    base = ends - turns * step  # the same for all free rows of a phase
    unknown = np.iinfo(np.int64).min
    law = np.full(period, unknown)
    np.maximum.at(law, phase[free], base[free])
    if (law == unknown).any() or (base[free] != law[phase[free]]).any():
        return None
    needed = 3 if step or period == 1 else 2
    if confirmed and (np.bincount(phase[free], minlength=period) < needed).any():
        return None
    continued: np.ndarray = law[phase] + turns * step
    return continued
