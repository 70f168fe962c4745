"""The periodic law along one dimension of a node: ``low[u + T] = low[u] + D``."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

import numpy as np

from jaxrf.geometry.interval_arrays import shifted

__all__ = ["CONSTANT", "Law", "combined", "holds", "reduced", "through"]


class Law(NamedTuple):
    """Along a dimension the field repeats after ``period`` indices, moved by ``shift`` pixels."""

    period: int
    shift: int

    @property
    def rate(self) -> Fraction:
        """Input pixels per index, D / T."""
        return Fraction(self.shift, self.period)


CONSTANT = Law(1, 0)


def through(law: Law | None, period: int, step: int) -> Law | None:
    """The law after a read whose taps move by ``step`` operand indices every ``period`` outputs.

    A window of stride s over base dilation L has period L / gcd(L, s) and step s / gcd(L, s).
    """
    if law is None:
        return None
    turns = law.period // gcd(law.period, step)
    shift = turns * step // law.period * law.shift
    return CONSTANT if shift == 0 and law == CONSTANT else Law(period * turns, shift)


def combined(laws: Iterable[Law | None]) -> tuple[Law | None, bool]:
    """(the law of a union, whether the operands move at different rates)."""
    known = []
    for law in laws:
        if law is None:
            return None, False
        known.append(law)
    if all(law == known[0] for law in known):
        return known[0], False
    if len({law.rate for law in known}) > 1:
        return None, True
    period = lcm(*(law.period for law in known))
    return Law(period, int(known[0].rate * period)), False


def holds(law: Law, intervals: np.ndarray, dim: int) -> bool:
    """Whether intervals obey a law along ``dim``, as far as they reach."""
    length = intervals.shape[dim + 1]
    if length <= law.period:
        return True
    before = (slice(None),) * (dim + 1)
    head, tail = (
        intervals[(*before, slice(length - law.period))],
        intervals[(*before, slice(law.period, None))],
    )
    return bool(((shifted(head, law.shift) if law.shift else head) == tail).all())


def reduced(law: Law | None, intervals: np.ndarray, dim: int) -> Law | None:
    """The law with the smallest period that the intervals obey; None where they obey none.

    A law that was only about coming round again (shift 0, a period beyond the dimension) gives way
    to a steady motion: rows of windows, merged into the batch and split off again.
    """
    if law is None or not holds(law, intervals, dim):
        return None
    length = intervals.shape[dim + 1]
    if 1 < length <= law.period and holds(CONSTANT, intervals, dim):
        return CONSTANT  # what moves is a dimension outside this one: pixels inside a window
    if law.shift == 0 and 1 < length <= law.period:
        step = Law(
            1, int(np.take(intervals[0], 1, dim).flat[0] - np.take(intervals[0], 0, dim).flat[0])
        )
        if holds(step, intervals, dim):
            return step
    for period in range(1, min(law.period, length - 1) + 1):
        if law.period % period == 0 and law.shift * period % law.period == 0:
            shorter = Law(period, law.shift * period // law.period)
            if holds(shorter, intervals, dim):
                return shorter
    return law
