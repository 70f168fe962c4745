"""Broadcastable arrays: length 1 along every dimension without variation, also when moved.

A mask of 1024 x 1024 stays one for any number of heads and examples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from jaxrf.geometry.reshape import reshape_broadcastable
from jaxrf.program.equation import Equation

__all__ = ["MOVES", "compressed", "move"]


def compressed(array: np.ndarray) -> np.ndarray:
    """Reduce to length 1 every dimension along which nothing varies."""
    for d in range(array.ndim):
        if array.shape[d] > 1 and (array.strides[d] == 0 or _even(array, d)):
            array = array.take([0], d)
    return array


def _even(array: np.ndarray, d: int) -> bool:
    first = array.take([0], d)
    if (array.take([-1], d) != first).any():  # most arrays that vary do so here: cheap
        return False
    return bool((array == first).all())


def move(equation: Equation, arrays: Sequence[np.ndarray]) -> np.ndarray | None:
    """Apply an equation of ``MOVES`` to arrays that are broadcastable to its operands."""
    return MOVES[equation.name](equation, *arrays)


def _transpose(eq: Equation, array: np.ndarray) -> np.ndarray:
    return array.transpose(eq.params["permutation"])


def _broadcast(eq: Equation, array: np.ndarray, *sizes: np.ndarray) -> np.ndarray | None:
    if sizes:
        return None  # lengths that are computed
    shape = [1] * len(eq.out_shapes[0])
    for source, target in enumerate(eq.params["broadcast_dimensions"]):
        shape[target] = array.shape[source]
    return array.reshape(shape)


def _reshape(eq: Equation, array: np.ndarray, *sizes: np.ndarray) -> np.ndarray | None:
    before, order = eq.in_shapes[0], None
    if sizes:
        return None
    if eq.name == "reshape" and (order := eq.params["dimensions"]) is not None:
        array, before = array.transpose(order), tuple(before[d] for d in order)
    return reshape_broadcastable(array, before, eq.out_shapes[0], lead=0)


def _slice(eq: Equation, array: np.ndarray) -> np.ndarray:
    p = eq.params
    steps = p["strides"] or (None,) * array.ndim
    bounds = zip(p["start_indices"], p["limit_indices"], steps, strict=True)
    return array[
        tuple(
            slice(None) if length == 1 else slice(*bound)
            for length, bound in zip(array.shape, bounds, strict=True)
        )
    ]


def _rev(eq: Equation, array: np.ndarray) -> np.ndarray:
    return np.flip(array, eq.params["dimensions"])


MOVES: dict[str, Callable[..., np.ndarray | None]] = {
    "broadcast_in_dim": _broadcast,
    "expand_dims": _reshape,
    "reshape": _reshape,
    "rev": _rev,
    "slice": _slice,
    "squeeze": _reshape,
    "transpose": _transpose,
}
