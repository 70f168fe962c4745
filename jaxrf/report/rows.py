"""Select the end-points that a table on a terminal shows, where there are too many to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["ROWS", "Shown", "shown_rows"]

WHERE = "--all, -f csv and -f json have all"
ROWS = 100  # of a table on a terminal; CSV, Markdown and JSON always have all of them


class Shown(NamedTuple):
    """The end-points that a table shows.

    Attributes:
        names: in order.
        notes: how many are left out, and how to see them; empty where none is.
    """

    names: tuple[str, ...]
    notes: tuple[str, ...]


def shown_rows(
    names: Sequence[str], most: int | None, outputs: Sequence[str], *, of: int | None = None
) -> Shown:
    """At most so many end-points: the outermost, named by the fewest parts, else both ends.

    >>> names = ["stem", "block1/conv", "block1", "block2/conv", "block2"]
    >>> shown_rows(names, 3, ["block2"]).names
    ('stem', 'block1', 'block2')
    >>> shown_rows("abcdefgh", 4, ["h"]).names
    ('a', 'b', 'g', 'h')

    Args:
        names: of all end-points, in order.
        most: rows; None is all of them.
        outputs: of the model, which are shown in any case, unless they are too many themselves.
        of: end-points that the names stand for, where some stand for several.
    """
    count = len(names) if of is None else of
    if most is None or len(names) <= most:
        alike = "neighbours that say the same share one, and so do calls of one part"
        notes = (f"{len(names)} rows for {count} end-points: {alike}; {WHERE}",)
        return Shown(tuple(names), notes if count > len(names) else ())
    kept = set(outputs if 2 * len(outputs) <= most else names[-1:])
    parts = {n: len(n.strip("/").replace(".", "/").split("/")) for n in names}
    for depth in sorted(set(parts.values()), reverse=True):
        left = tuple(n for n in names if parts[n] <= depth or n in kept)
        if len(left) <= most:
            return _told(left, count, "the outermost by their names")
    ends = {*names[: most // 2], *names[len(names) - most // 2 :], *kept}
    return _told(tuple(n for n in names if n in ends), count, "the first and the last")


def _told(left: tuple[str, ...], count: int, which: str) -> Shown:
    return Shown(left, (f"{len(left)} of {count} end-points, {which}; {WHERE}",))
