"""Constant arrays of operations: resizing matrices, adaptive windows."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.constant import constant
from jaxrf.frameworks.torch.ops.registry import op

__all__ = ["along", "constant_array", "keys_cubic"]


def constant_array(values: np.ndarray) -> jax.Array | np.ndarray:
    """An array whose values are facts of the model's design, not weights.

    Floats are declared to be constant; integers stay as they are, for torch's operators to use
    while the model is traced, and count for what they are worth (:mod:`jaxrf.program.value_kinds`).
    """
    if not np.issubdtype(values.dtype, np.floating):
        return values
    if values.size and np.all(values == values.flat[0]):
        return jnp.full(values.shape, values.flat[0], _ordinary(values.dtype))
    return constant(values.astype(_ordinary(values.dtype)))


def _ordinary(dtype):
    """float64 only exists where JAX allows it."""
    return jnp.float32 if dtype == np.float64 else dtype


@op("jaxrf::constant")
def marked(x: jax.Array) -> jax.Array:
    """A value that a module marks although it depends on an input or a parameter."""
    return constant(x)


def along(x: jax.Array, matrix: np.ndarray, axis: int) -> jax.Array:
    """A known matrix [out, in] applied along one axis of ``x``.

    Exact to the tap: where the matrix is zero, nothing is read.
    """
    weights = constant_array(matrix.astype(np.float32)).astype(x.dtype)
    y = lax.dot_general(x, weights, (((axis % x.ndim,), (1,)), ((), ())))
    return jnp.moveaxis(y, -1, axis)


def keys_cubic(t: np.ndarray, a: float) -> np.ndarray:
    """Keys' cubic at distances t."""
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((t - 5) * t + 8) * t * a - 4 * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0))
