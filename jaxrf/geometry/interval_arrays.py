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


def filled(spans: np.ndarray) -> np.ndarray:
    """Where there is some dependency, bool, without the leading dimension."""
    return spans[0] < EMPTY // 2


def shifted(spans: np.ndarray, by: np.ndarray | int) -> np.ndarray:
    """Intervals moved by ``by`` input indices (broadcastable); nothing stays nothing."""
    signs = np.array([1, -1]).reshape(2, *(1,) * (spans.ndim - 1))
    moved = spans + signs * by
    nothing = spans >= EMPTY // 2
    if nothing.any():
        moved[np.broadcast_to(nothing, moved.shape)] = EMPTY
    return moved


def centers(spans: np.ndarray) -> np.ndarray:
    """Low + high, twice the centres; meaningless where there is no dependency."""
    return spans[0] - spans[1]


def union(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What either sees, in as few numbers as it takes.

    A mean over keys or channels sees all that each of them does: less it, they see what it sees,
    and nothing varies along them any more.
    """
    if one is other:
        return one
    few, many = (one, other) if one.size <= other.size else (other, one)
    if few.size * _FEWER <= many.size and few.ndim == many.ndim and (few <= many).all():
        return few
    return np.minimum(one, other)


def squeezed(spans: np.ndarray, dims: Iterable[int]) -> np.ndarray:
    """Length 1 along those of ``dims`` along which nothing varies."""
    for d in dims:
        if spans.shape[d + 1] > 1:
            first = np.take(spans, [0], d + 1)
            if (spans == first).all():
                spans = first
    return spans


def movement(spans: np.ndarray, dim: int) -> int:
    """Largest distance, in input indices, that either end travels along dimension ``dim``."""
    if spans.shape[dim + 1] == 1:
        return 0
    some = filled(spans)
    if some.all():
        return int((spans.max(dim + 1) - spans.min(dim + 1)).max())
    high = np.where(some, spans, -EMPTY).max(dim + 1)
    low = np.where(some, spans, EMPTY).min(dim + 1)
    return int(np.maximum(high - low, 0).max(initial=0))
