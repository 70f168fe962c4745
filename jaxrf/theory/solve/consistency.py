"""Check a summary against the exact sets: intervals that contradict them are not shown.

For an output whose interval lies inside the image, what it reads must lie in that interval. Where
it reads less, something inside the network cuts it (padding after a crop), and that is noted.
Outside the image padding of any kind may read elsewhere, as long as that is a matter of borders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jaxrf.geometry.index_tables import continued
from jaxrf.geometry.interval_arrays import filled, shifted
from jaxrf.geometry.periodic_law import Law

__all__ = ["Consistency", "check_consistency", "fitted_law"]

_BORDER = 4  # at most one output in so many is padding that reads somewhere else
_PERIODS = 64  # tried when a law is read off exact intervals
_CONFIRMED = 3  # outputs of every phase that must agree


@dataclass(frozen=True)
class Consistency:
    """The result of checking intervals against the exact sets.

    Attributes:
        broken: why they cannot stand, None if they can.
        notes: where they say more, or less, than is read, and why that is no contradiction.
    """

    broken: str | None = None
    notes: tuple[str, ...] = ()


def check_consistency(virtual: np.ndarray, exact: np.ndarray, length: int) -> Consistency:
    """Hold the intervals of all outputs to what they read.

    Args:
        virtual: [low, -high] of every output, int [2, n], padding counted as if it were real.
        exact: the same of real inputs.
        length: of the input axis.
    """
    (low, high), (first, last) = _ends(virtual), _ends(exact)
    has, reads = filled(virtual), filled(exact)
    count = len(reads)
    inside = has & (low >= 0) & (high < length)
    outgrown = reads & (~has | inside & ((first < low) | (last > high)))
    beyond = reads & has & ((high < 0) | (low >= length))
    larger = beyond & (last - first > (high - low)[has].max(initial=-1))
    if beyond.sum() * _BORDER > count:
        outgrown = outgrown | beyond
    if (bad := outgrown | larger).any():
        u = int(np.argmax(bad))
        said = f"[{low[u]}, {high[u]}]" if has[u] else "nothing"
        return Consistency(f"output {u} reads [{first[u]}, {last[u]}], the law has {said}")
    short = inside & (~reads | (first != low) | (last != high))
    if short.sum() * 2 > inside.sum():
        return Consistency(
            f"{short.sum()} of {inside.sum()} interior outputs read less than the law has"
        )
    notes = []
    if short.any():
        what = _outputs(short)
        notes.append(f"{what} less than the interval says: cut by a border inside the network")
    across = (
        reads
        & has
        & ~inside
        & ((first < np.maximum(low, 0)) | (last > np.minimum(high, length - 1)))
    )
    if (across | beyond).any():
        notes.append(
            f"{_outputs(across | beyond)} across the border: reflected or circular padding"
        )
    return Consistency(None, tuple(notes))


def _outputs(which: np.ndarray) -> str:
    """A set of outputs as the subject of a sentence."""
    count, total = int(which.sum()), len(which)
    return f"{count} of {total} outputs read{'s' if count == 1 else ''}"


def _ends(intervals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return intervals[0], -intervals[1]


def fitted_law(exact: np.ndarray, length: int) -> tuple[Law, np.ndarray] | None:
    """The law of the outputs that no border touches, with the intervals of one period.

    Every output whose interval by the law lies inside the image must read just that; at least half
    of all do, and three of every phase. None where there is no such law.

    Args:
        exact: [low, -high] of what every output reads, int [2, n].
        length: of the input axis.
    """
    first, last = _ends(exact)
    reads, count = filled(exact), len(exact[0])
    free = reads & (first > 0) & (last < length - 1)
    middle = count // 2
    for period in range(1, min(_PERIODS, count // _CONFIRMED) + 1):
        start = max(0, min(middle - period // 2, count - 1 - period))
        if not reads[start] or not reads[start + period]:
            continue
        law = Law(period, int(first[start + period] - first[start]))
        if law.shift == 0:
            continue
        turns, phase = np.divmod(np.arange(count), period)
        base = shifted(exact, -turns * law.shift)
        rows = [base[:, free & (phase == p)] for p in range(period)]
        if any(r.shape[1] == 0 or (r != r[:, :1]).any() for r in rows):
            continue
        phases = np.concatenate([r[:, :1] for r in rows], 1)
        said = continued(phases, 0, count, law)
        inside = (said[0] >= 0) & (-said[1] < length)
        agree = inside & reads & (said == exact).all(0)
        enough = np.bincount(phase[agree], minlength=period).min() >= _CONFIRMED
        if enough and not (inside & ~agree).any() and 2 * agree.sum() >= count:
            return law, phases
    return None
