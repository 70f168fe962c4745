"""The kinds of captured arrays: which stored numbers are evidence of the architecture.

A learned zero is not a missing connection. What a number is worth as evidence is its *kind*:

* **fact**: written in the code, or computed from such: ``iota``, filled arrays, bools, masks of 0
  and 1, integers that count, floats that are zero or infinite (masks to be added to scores),
  whatever :func:`jaxrf.constant` marks. Its value is known, zeros too.
* **stored**: other captured integers. They are known where they choose (as indices, sizes, in
  comparisons); as numbers that multiply they are the weights of a quantised layer.
* **setting**: up to four floats on the host, as ``jnp.array([scale])`` inside a model makes them.
  They are known once they have moved or scaled known positions, and weights otherwise.
* **weight**: other captured floats.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import jax
import numpy as np

__all__ = ["INFINITE", "Kind", "is_added_mask", "kind_of"]

_SETTINGS = 4  # numbers in one array: one per spatial axis
INFINITE = 1e24  # as masks have it: 1e30, with room for a division by a temperature
_COUNTED = 4  # numbers that must follow each other to count as positions


class Kind(IntEnum):
    """How far a stored value counts as architecture; a larger kind counts less."""

    FACT = 0
    STORED = 1
    SETTING = 2
    WEIGHT = 3


def kind_of(value: Any) -> Kind | None:
    """The kind of a captured array; None where it has no numbers (random keys)."""
    dtype = value.dtype
    if jax.dtypes.issubdtype(dtype, jax.dtypes.extended):
        return None
    if np.issubdtype(dtype, np.bool_):
        return Kind.FACT
    if np.issubdtype(dtype, np.integer):
        array = np.asarray(value)
        return Kind.FACT if _is_mask(array) or _counts(array) else Kind.STORED
    if is_added_mask(value):
        return Kind.FACT
    small = isinstance(value, np.ndarray) and value.size <= _SETTINGS and value.ndim <= 1
    return Kind.SETTING if small and np.issubdtype(dtype, np.floating) else Kind.WEIGHT


def is_added_mask(value: Any) -> bool:
    """Whether floats are a mask that is added to scores: zeros, and what counts as infinite.

    Nothing learned is as large, and a learned array holds other numbers than zero beside it: with
    a single one of them the whole array is weights, zeros included.
    """
    if not jax.dtypes.issubdtype(value.dtype, np.floating) or not value.size:
        return False
    array = np.asarray(value)
    if max(-float(array.min()), float(array.max())) < INFINITE:
        return False
    wide = array.astype(np.float64)
    return bool(((np.abs(wide) >= INFINITE) | (wide == 0)).all())


def _is_mask(array: np.ndarray) -> bool:
    """Zeros and ones, both of them."""
    return bool(((array == 0) | (array == 1)).all() and array.any() and not array.all())


def _counts(array: np.ndarray) -> bool:
    """Positions: along every dimension the same step everywhere, and not zero along all."""
    array = array.astype(np.int64)
    steps = [np.diff(array, axis=d) for d in range(array.ndim)]
    even = all(step.size == 0 or (step == step.flat[0]).all() for step in steps)
    return even and any(
        step.shape[d] >= _COUNTED - 1 and step.any() for d, step in enumerate(steps)
    )
