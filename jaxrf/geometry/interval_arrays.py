"""Arrays of intervals: ``[low, -high]`` stacked, so that a union is one minimum.

Shape [2, ...], int64, broadcastable to ``(2, *shape of the node)``. No dependency at all is
:data:`EMPTY` in both entries.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["EMPTY", "centers", "empty", "filled", "movement", "shifted", "squeezed", "union"]

EMPTY = 1 << 40  # beyond any index, far from overflow when a shift is added


_FEWER = 4  # times fewer numbers, from which on it pays to look whether they are enough


def empty(rank: int) -> np.ndarray:
    """No dependency, for a node of ``rank`` dimensions."""
    return np.full((2,) + (1,) * rank, EMPTY, np.int64)


def filled(intervals: np.ndarray) -> np.ndarray:
    """Where there is some dependency, bool, without the leading dimension."""
    some: np.ndarray = intervals[0] < EMPTY // 2
    return some


def shifted(intervals: np.ndarray, by: np.ndarray | int) -> np.ndarray:
    """Intervals moved by ``by`` input indices (broadcastable); nothing stays nothing."""
    signs = np.array([1, -1]).reshape(2, *(1,) * (intervals.ndim - 1))
    moved: np.ndarray = intervals + signs * by
    nothing = intervals >= EMPTY // 2
    if nothing.any():
        moved[np.broadcast_to(nothing, moved.shape)] = EMPTY
    return moved


def centers(intervals: np.ndarray) -> np.ndarray:
    """Low + high, twice the centres; meaningless where there is no dependency."""
    doubled: np.ndarray = intervals[0] - intervals[1]
    return doubled


def union(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The union of intervals, kept at length 1 along dimensions where it does not vary.

    A mean over keys or channels sees all that each of them does: less it, they see what it sees,
    and nothing varies along them any more.
    """
    if one is other:
        return one
    few, many = (one, other) if one.size <= other.size else (other, one)
    if few.size * _FEWER <= many.size and few.ndim == many.ndim and (few <= many).all():
        return few
    both: np.ndarray = np.minimum(one, other)
    return both


def squeezed(intervals: np.ndarray, dims: Iterable[int]) -> np.ndarray:
    """Reduce to length 1 those of ``dims`` along which nothing varies."""
    for d in dims:
        if intervals.shape[d + 1] > 1:
            first = np.take(intervals, [0], d + 1)
            if (intervals == first).all():
                intervals = first
    return intervals


def movement(intervals: np.ndarray, dim: int) -> int:
    """Largest distance, in input indices, that either end travels along dimension ``dim``."""
    if intervals.shape[dim + 1] == 1:
        return 0
    some = filled(intervals)
    if some.all():
        return int((intervals.max(dim + 1) - intervals.min(dim + 1)).max())
    high = np.where(some, intervals, -EMPTY).max(dim + 1)
    low = np.where(some, intervals, EMPTY).min(dim + 1)
    return int(np.maximum(high - low, 0).max(initial=0))
