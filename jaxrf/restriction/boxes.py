"""Boxes: the part of an array that is computed, a range of indices along every dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from jax import lax

__all__ = ["Box", "Span", "hull", "lengths", "offsets", "part_of", "whole"]


class Span(NamedTuple):
    """The indices ``low``, ..., ``stop - 1`` along one dimension.

    Attributes:
        low: the first index.
        stop: one more than the last index.
    """

    low: int
    stop: int

    @property
    def length(self) -> int:
        """The number of indices."""
        return self.stop - self.low

    def joined(self, other: Span) -> Span:
        """The smallest span that contains both.

        >>> Span(2, 4).joined(Span(7, 9))
        Span(low=2, stop=9)
        """
        return Span(min(self.low, other.low), max(self.stop, other.stop))


Box = tuple[Span, ...]  # one span per dimension


def whole(shape: Sequence[int]) -> Box:
    """The box of all indices of an array.

    >>> whole((2, 3))
    (Span(low=0, stop=2), Span(low=0, stop=3))
    """
    return tuple(Span(0, n) for n in shape)


def hull(a: Box | None, b: Box | None) -> Box | None:
    """The smallest box that contains both; None stands for nothing."""
    if a is None or b is None:
        return b if a is None else a
    return tuple(one.joined(other) for one, other in zip(a, b, strict=True))


def lengths(box: Box) -> tuple[int, ...]:
    """The shape of what a box cuts out."""
    return tuple(span.length for span in box)


def offsets(box: Box, within: Box) -> tuple[int, ...]:
    """Where a box begins in the array that a larger one cuts out."""
    return tuple(a.low - b.low for a, b in zip(box, within, strict=True))


def part_of(value: Any, starts: Sequence[int], shape: Sequence[int]) -> Any:
    """The part of an array that begins somewhere and has a shape; traceable."""
    if tuple(value.shape) == tuple(shape):
        return value
    stops = [start + n for start, n in zip(starts, shape, strict=True)]
    return lax.slice(value, starts, stops)
