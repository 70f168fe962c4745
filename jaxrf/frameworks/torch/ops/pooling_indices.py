"""Flat indices of the maxima of pooling windows (``return_indices=True``)."""

from __future__ import annotations

from math import prod

import jax.numpy as jnp
import numpy as np

__all__ = ["lowest", "maximum_positions"]


def lowest(dtype):
    """A value below every maximum: minus infinity, or the lowest integer."""
    if jnp.issubdtype(dtype, jnp.floating):
        return np.array(-np.inf, dtype)[()]
    return np.array(jnp.iinfo(dtype).min, dtype)[()]


def maximum_positions(x, tables: list[np.ndarray]):
    """Flat index of the maximum of every window.

    Args:
        x: the images, space last.
        tables: per spatial axis, the indices [outputs, taps] that a window reads, outside ones
            included.
    """
    rank = len(tables)
    place, inside = np.zeros((1,) * (2 * rank), np.int32), np.ones((1,) * (2 * rank), bool)
    for axis, (n, table) in enumerate(zip(x.shape[-rank:], tables, strict=True)):
        shape = [1] * (2 * rank)
        shape[axis], shape[axis + rank] = table.shape
        inside = inside & ((table >= 0) & (table < n)).reshape(shape)
        place = place * n + np.clip(table, 0, n - 1).reshape(shape)
    grid = tuple(table.shape[0] for table in tables)
    taps = prod(table.shape[1] for table in tables)
    place, inside = place.reshape(*grid, taps).astype(np.int32), inside.reshape(*grid, taps)
    candidates = x.reshape(*x.shape[:-rank], -1)[..., place]
    best = jnp.argmax(jnp.where(inside, candidates, lowest(x.dtype)), -1)[..., None]
    where = jnp.broadcast_to(place, (*best.shape[:-1], taps))
    return jnp.take_along_axis(where, best, -1)[..., 0]
