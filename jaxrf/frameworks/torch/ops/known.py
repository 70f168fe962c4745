"""Matrices that everybody knows: resizing, adaptive windows."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

__all__ = ["known", "along"]


def known(values: np.ndarray) -> jax.Array | np.ndarray:
    """An array whose values are facts of the model's design, not weights.

    jaxrf takes captured integers for known and captured floats for weights, in which a zero says
    nothing. Floats are therefore handed over as their bits.
    """
    if not np.issubdtype(values.dtype, np.floating):
        return values
    if values.size and np.all(values == values.flat[0]):
        return jnp.full(values.shape, values.flat[0], _ordinary(values.dtype))
    if values.dtype.itemsize < 4:  # half precision: exact in float32, and cast back
        return lax.convert_element_type(known(values.astype(np.float32)), values.dtype)
    bits = values.astype(np.float32).view(np.int32)
    return lax.bitcast_convert_type(jnp.asarray(bits), jnp.float32)


def _ordinary(dtype):
    """float64 only exists where JAX allows it."""
    return jnp.float32 if dtype == np.float64 else dtype


def along(x: jax.Array, matrix: np.ndarray, axis: int) -> jax.Array:
    """A known matrix [out, in] applied along one axis of ``x``.

    Exact to the tap: where the matrix is zero, nothing is read.
    """
    weights = known(matrix.astype(np.float32)).astype(x.dtype)
    y = lax.dot_general(x, weights, (((axis % x.ndim,), (1,)), ((), ())))
    return jnp.moveaxis(y, -1, axis)
