"""Misaligned joins: operands that do not look at the same place (eqs 12 and 13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

from jaxrf.text.result import SentenceResult

__all__ = ["Misalignment", "by_join", "by_line"]


@dataclass(frozen=True, repr=False)
class Misalignment(SentenceResult):
    """A join whose operands have different strides or centres, and do not end together either.

    Attributes:
        node: name of the join.
        operands: names of the two operands.
        strides: S of each; eq (12) asks for equal ones.
        offsets: centre of the second minus centre of the first, input pixels: smallest and largest
            over the outputs; eq (13) asks for 0.
        axis: axis of the input, the first one along which the join is misaligned.
        source: file:line of the join, "" where unknown.
        further: the same join along the other axes along which it is misaligned.
    """

    REPORT: ClassVar[str] = "misalignment"

    node: str
    operands: tuple[str, str]
    strides: tuple[Fraction | None, Fraction | None]
    offsets: tuple[float, float]
    axis: int = 0
    source: str = ""
    further: tuple[Misalignment, ...] = ()

    @property
    def axes(self) -> tuple[int, ...]:
        """All axes of the input along which the join is misaligned."""
        return (self.axis, *(m.axis for m in self.further))

    @property
    def sentence(self) -> str:
        """The join, and how far its operands are apart along every axis."""
        return self.sentence_in()

    def sentence_in(self, unit: str = "pixels") -> str:
        """The join in a sentence.

        Args:
            unit: what positions of the input are called.
        """
        where = f"{self.node}{f' at {self.source}' if self.source else ''}"
        said: dict[str, list[int]] = {}
        for one in (self, *self.further):
            said.setdefault(one._apart(unit), []).append(one.axis)
        return f"{where}, " + ", ".join(f"{_axes(axes)}: {text}" for text, axes in said.items())

    def _apart(self, unit: str) -> str:
        """How far the operands are apart along one axis."""
        first, second = self.operands
        low, high = self.offsets
        by = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        apart = f"the centre of {second} lies {by} input {unit} from that of {first}"
        if self.strides[0] == self.strides[1]:
            return apart
        return (
            f"{first} moves by {self.strides[0]} an output, {second} by {self.strides[1]}; {apart}"
        )


def by_join(found: Iterable[tuple[int, Misalignment]]) -> tuple[Misalignment, ...]:
    """One entry for every join, in order of execution.

    Args:
        found: (index of the node, what is wrong along one axis), axis after axis.
    """
    joins: dict[int, list[Misalignment]] = {}
    for index, misalignment in found:
        joins.setdefault(index, []).append(misalignment)
    ordered = (joins[index] for index in sorted(joins))
    return tuple(replace(first, further=tuple(others)) for first, *others in ordered)


def by_line(joins: Iterable[Misalignment]) -> list[tuple[Misalignment, int]]:
    """(the first join, how many there are) for every line of the user's model.

    The step of a loop that is written out, or a block that is called again, is one line.
    """
    lines: dict[str, list[Misalignment]] = {}
    for join in joins:
        lines.setdefault(join.source or join.node, []).append(join)
    return [(same[0], len(same)) for same in lines.values()]


def _axes(axes: list[int]) -> str:
    """``axis 1``, ``axes 1 and 2``."""
    if len(axes) == 1:
        return f"axis {axes[0]}"
    return f"axes {', '.join(map(str, axes[:-1]))} and {axes[-1]}"
