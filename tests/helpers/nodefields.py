"""Node fields written down: intervals along one dimension, or along the axes of a grid."""

from __future__ import annotations

import numpy as np

from jaxrf.geometry.interval_arrays import EMPTY
from jaxrf.geometry.periodic_law import CONSTANT, Law
from jaxrf.theory.solve.node_field import NodeField

__all__ = ["line", "node_field", "pairs", "steady", "windows"]


def line(*ends: tuple[int, int] | None) -> np.ndarray:
    """[low, -high] of every output; None sees nothing."""
    return np.array([(EMPTY, EMPTY) if e is None else (e[0], -e[1]) for e in ends]).T


def pairs(intervals: np.ndarray) -> list[tuple[int, int] | None]:
    """The ends of every output again."""
    return [None if low >= EMPTY // 2 else (int(low), -int(high)) for low, high in intervals.T]


def node_field(intervals: np.ndarray, *laws: Law | None, **attributes) -> NodeField:
    """A node that follows the axis along its only dimension, or along those with a shift."""
    laws = laws or (Law(1, 1),)
    carriers = frozenset(d for d, law in enumerate(laws) if law != CONSTANT)
    given = {"virtual": intervals, "carriers": carriers, **attributes}
    return NodeField(exact=intervals, laws=laws, **given)


def steady(count: int, *, first: tuple[int, int], stride: int = 1, **attributes) -> NodeField:
    """Output u sees ``first`` moved by u strides."""
    low, high = first
    ends = [(low + u * stride, high + u * stride) for u in range(count)]
    return node_field(line(*ends), Law(1, stride), **attributes)


def windows(first, count, stride=1, size=3):
    """Output u sees ``size`` pixels from ``first`` + u ``stride`` on."""
    return [(first + u * stride, first + u * stride + size - 1) for u in range(count)]
