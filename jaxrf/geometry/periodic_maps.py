"""Periodic interval maps: the field of every output index, in finitely many numbers.

A map takes an index u of one feature map to an interval of another with
``low(u + T) = low(u) + D`` and ``high(u + T) = high(u) + D``. A window is such a map, composition
and union stay within them, and for T = 1 they are eqs (3), (4), (9) and (10) of the article.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from jaxrf.geometry.field import AxisField
from jaxrf.geometry.interval import Interval

__all__ = ["IDENTITY_MAP", "Periodic", "compose", "union"]


@dataclass(frozen=True, slots=True)
class Periodic:
    """Intervals of output indices 0 to T - 1, and their shift D for the next T.

    Attributes:
        lows: left ends, one per phase.
        highs: right ends, one per phase.
        shift: D.
    """

    lows: tuple[int, ...]
    highs: tuple[int, ...]
    shift: int

    @property
    def stride(self) -> Fraction:
        """S = D / T."""
        return Fraction(self.shift, len(self.lows))

    @property
    def size(self) -> int:
        """r, the largest extent over the phases."""
        return max(h - low for low, h in zip(self.lows, self.highs, strict=True)) + 1

    def low(self, index: int) -> int:
        """Left end of the field of any output index."""
        turn, phase = divmod(index, len(self.lows))
        return self.lows[phase] + turn * self.shift

    def high(self, index: int) -> int:
        """Right end of the field of any output index."""
        turn, phase = divmod(index, len(self.highs))
        return self.highs[phase] + turn * self.shift

    def doubled_centers(self, period: int) -> tuple[int, ...]:
        """Low + high of outputs 0 to ``period`` - 1: twice the centres, in integers."""
        return tuple(self.low(u) + self.high(u) for u in range(period))

    def axis_field(
        self, axis: int, length: int | None = None, *, aligned: bool = True
    ) -> AxisField:
        """The map as the public :class:`~jaxrf.geometry.field.AxisField`."""
        phases = tuple(Interval(a, b) for a, b in zip(self.lows, self.highs, strict=True))
        return AxisField(axis, length, phases, self.shift, aligned=aligned)


IDENTITY_MAP = Periodic((0,), (0,), 1)


def compose(near: Periodic, far: Periodic) -> Periodic:
    """First ``near`` (output to middle), then ``far`` (middle to input)."""
    step = len(far.lows) // gcd(len(far.lows), near.shift)
    period = len(near.lows) * step
    lows = tuple(far.low(near.low(u)) for u in range(period))
    highs = tuple(far.high(near.high(u)) for u in range(period))
    return Periodic(lows, highs, near.shift * step // len(far.lows) * far.shift)


def union(a: Periodic, b: Periodic) -> Periodic | None:
    """The smallest map that holds both; None where the strides differ."""
    if a.stride != b.stride:
        return None
    if len(a.lows) == 1 == len(b.lows):
        low, high = min(a.lows[0], b.lows[0]), max(a.highs[0], b.highs[0])
        return Periodic((low,), (high,), a.shift)
    period = lcm(len(a.lows), len(b.lows))
    lows = tuple(min(a.low(u), b.low(u)) for u in range(period))
    highs = tuple(max(a.high(u), b.high(u)) for u in range(period))
    return Periodic(lows, highs, a.shift * period // len(a.lows))
