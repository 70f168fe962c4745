"""A tensor with some of its elements replaced or added to."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.torch.ops.indexing import axes, positive
from jaxrf.frameworks.torch.ops.registry import op


@op("slice_scatter")
def slice_scatter(x, src, dim=0, start=None, end=None, step=1):
    """``x[start:end:step] = src`` along one axis."""
    dim %= x.ndim
    length = x.shape[dim]
    places = np.arange(length)[slice(start, end, step)]
    if not len(places):
        return x
    src = jnp.asarray(src, x.dtype)
    if step == 1:  # pieces laid side by side: every element is read from where it comes
        before = lax.slice_in_dim(x, 0, int(places[0]), axis=dim)
        after = lax.slice_in_dim(x, int(places[-1]) + 1, length, axis=dim)
        return jnp.concatenate([before, src, after], dim)
    at = {int(place): i for i, place in enumerate(places)}
    rows = [(src, at[i]) if i in at else (x, i) for i in range(length)]
    return jnp.concatenate([lax.slice_in_dim(a, i, i + 1, axis=dim) for a, i in rows], dim)


@op("select_scatter")
def select_scatter(x, src, dim, index):
    """``x[index] = src`` along one axis."""
    index %= x.shape[dim]
    return slice_scatter(x, jnp.expand_dims(src, dim), dim, index, index + 1)


@op("index_put", "_unsafe_index_put")
def index_put(x, indices, values, accumulate=False):
    """``x[indices] = values``, or ``+=``; by a computed mask only with one value for all."""
    if any(i is not None and i.dtype == bool and not isinstance(i, np.ndarray) for i in indices):
        if len(indices) > 1 or values.ndim:
            return NotImplemented
        mask = indices[0].reshape(indices[0].shape + (1,) * (x.ndim - indices[0].ndim))
        return jnp.where(mask, x + values if accumulate else values, x).astype(x.dtype)
    where = [slice(None) if i is None else positive(i, n) for i, n in axes(x, indices)]
    at = x.at[tuple(where)]
    values = jnp.asarray(values, x.dtype)
    return at.add(values) if accumulate else at.set(values)


@op("index_copy", "index_fill")
def index_copy(x, dim, index, source):
    """``x[index] = source`` along one axis."""
    where = (slice(None),) * (dim % x.ndim) + (positive(index, x.shape[dim]),)
    return x.at[where].set(jnp.asarray(source, x.dtype))


@op("index_add")
def index_add(x, dim, index, source, *, alpha=1):
    """``x[index] += alpha source`` along one axis."""
    where = (slice(None),) * (dim % x.ndim) + (positive(index, x.shape[dim]),)
    return x.at[where].add(source * alpha)


@op("scatter", "scatter.src", "scatter.value")
def scatter(x, dim, index, src):
    """``x[.., index[.., i, ..], ..] = src[.., i, ..]``."""
    where, src = _along(x, dim, index, src)
    return x.at[where].set(src)


@op("scatter_add")
def scatter_add(x, dim, index, src):
    """``x[.., index[.., i, ..], ..] += src[.., i, ..]``."""
    where, src = _along(x, dim, index, src)
    return x.at[where].add(src)


def _along(x, dim: int, index, src):
    """Indices of every axis, and the part of the source that they address."""
    grid = list(np.indices(index.shape, np.int32, sparse=True))
    grid[dim % x.ndim] = positive(index, x.shape[dim])
    src = jnp.asarray(src, x.dtype)
    return tuple(grid), src[tuple(map(slice, index.shape))] if src.ndim else src
