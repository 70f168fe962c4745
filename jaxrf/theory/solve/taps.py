"""Fixed taps as index tables, and the periodic law behind them.

A table of taps stops at the borders of what it reads: image resizing clips its kernel there. Like
padding, that is exact for real inputs, while the virtual field follows the law of the interior:
``low[u + T] = low[u] + D``, read off the rows that the border does not touch.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np

from jaxrf.geometry.graph import Taps
from jaxrf.theory.solve.index_tables import Table

__all__ = ["taps_tables"]

_LONGEST_PERIOD = 64  # tried when the ratio of the lengths is not it


@lru_cache(maxsize=256)
def taps_tables(taps: Taps, length: int) -> tuple[Table, Table | None]:
    """(the taps as they are, the virtual ones), None where they follow no law.

    Args:
        taps: the table; output u reads ``table[u]``.
        length: number of inputs.
    """
    indices = np.asarray(taps.table)
    real = Table(indices, indices >= 0, 1, 0)
    return real, _virtual(indices, length)


def _virtual(indices: np.ndarray, length: int) -> Table | None:
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
        return Table(taps, taps <= highs[:, None], period, step)
    return None


def _candidates(low: np.ndarray, outputs: int, length: int):
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
    return law[phase] + turns * step
