"""Where a join combines features that do not look at the same place (eqs 12 and 13)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Misalignment"]


@dataclass(frozen=True)
class Misalignment:
    """A join whose operands have different strides or centres.

    Attributes:
        node: name of the join.
        operands: names of the two operands.
        strides: S of each; eq (12) asks for equal ones.
        offsets: centre of the second minus centre of the first, input pixels: smallest and largest
            over the outputs; eq (13) asks for 0.
        axis: axis of the input.
        source: file:line of the join, "" where unknown.
    """

    node: str
    operands: tuple[str, str]
    strides: tuple[Fraction | None, Fraction | None]
    offsets: tuple[float, float]
    axis: int = 0
    source: str = ""

    def __str__(self) -> str:
        first, second = self.operands
        where = f"{self.node}{f' at {self.source}' if self.source else ''}, axis {self.axis}"
        low, high = self.offsets
        by = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        apart = f"the centre of {second} lies {by} input pixels from that of {first}"
        if self.strides[0] != self.strides[1]:
            moves = f"{first} moves by {self.strides[0]} an output, {second} by {self.strides[1]}"
            return f"{where}: {moves}; {apart}"
        return f"{where}: {apart}"

    def to_dict(self) -> dict:
        """JSON-ready; strides as fractions in text."""
        return {
            "node": self.node,
            "operands": list(self.operands),
            "strides": [None if s is None else str(s) for s in self.strides],
            "offsets": list(self.offsets),
            "axis": self.axis,
            "source": self.source,
        }
