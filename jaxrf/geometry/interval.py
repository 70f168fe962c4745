"""``Interval``: indices of an axis from one to another."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Interval"]


@dataclass(frozen=True)
class Interval:
    """Input indices ``low`` to ``high``, both inclusive.

    >>> Interval(-2, 4).size, Interval(-2, 4).center, Interval(-2, 4).clip(4)
    (7, 1.0, Interval(low=0, high=3))
    """

    low: int
    high: int

    @property
    def size(self) -> int:
        """Number of indices."""
        return self.high - self.low + 1

    @property
    def center(self) -> float:
        """Midpoint, in pixels; half-integral for even sizes."""
        return (self.low + self.high) / 2

    def clip(self, length: int) -> Interval | None:
        """The part on an axis of ``length`` real indices, None where there is none."""
        low, high = max(self.low, 0), min(self.high, length - 1)
        return Interval(low, high) if low <= high else None

    def shift(self, by: int) -> Interval:
        """The interval moved by ``by`` indices."""
        return Interval(self.low + by, self.high + by)

    def __contains__(self, other: Interval) -> bool:
        return self.low <= other.low and other.high <= self.high
