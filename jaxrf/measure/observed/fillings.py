"""Numbers in place of unknown values: a result that depends on these changes with the numbers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["FILLINGS", "filling"]

FILLINGS = 8  # all combinations of three bools
_LARGEST = 1e24  # a mask of this size is not changed by an activation that is added to it
_FLOATS = np.array(
    [
        [0.7, -1.3, 31.0, -29.0, 1e-3, np.inf, -2e-3, -np.inf],
        [-0.9, np.inf, 17.0, 2.1, -np.inf, -1e-3, -23.0, 5e-3],
        [1.9, 13.0, -np.inf, 3e-3, -11.0, -0.6, np.inf, -4e-3],
    ]
)
_WHOLE = np.array([[0, 2, 5, 1, 7, 3, 4, 6], [3, 0, 1, 6, 2, 5, 7, 4], [6, 1, 4, 0, 3, 7, 2, 5]])


def filling(draw: int, operand: int, dtype: Any) -> np.ndarray:
    """A number of ``dtype`` in place of an operand.

    Over all draws, floats have all signs and sizes, up to what is lost beside a mask of 1e24 (up to
    the largest number where the dtype has a smaller range); integers include the largest and the
    smallest; bools take all combinations.

    Args:
        draw: below ``FILLINGS``.
        operand: its position.
        dtype: of the operand.
    """
    row = operand % len(_FLOATS)
    if np.issubdtype(dtype, np.bool_):
        return np.asarray(draw >> row & 1, bool)
    if jax.dtypes.issubdtype(dtype, np.floating):
        info = jnp.finfo(dtype)
        most = float(info.max)
        extreme = most if most < _LARGEST else _LARGEST * float(info.eps) / 4
        return np.asarray(np.clip(_FLOATS[row, draw], -extreme, extreme)).astype(dtype)
    if not jax.dtypes.issubdtype(dtype, np.integer):
        return np.asarray(_FLOATS[row, draw].clip(-1e3, 1e3)).astype(dtype)
    lowest, highest = int(jnp.iinfo(dtype).min), int(jnp.iinfo(dtype).max)
    return np.asarray({4: lowest, 6: highest}.get(n := int(_WHOLE[row, draw]), n)).astype(dtype)
