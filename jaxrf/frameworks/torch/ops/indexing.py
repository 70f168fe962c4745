"""Elements by position: slices, and gathers at known or computed indices."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.torch.ops.registry import op


@op("slice", "slice_copy")
def slice_(x, dim=0, start=None, end=None, step=1):
    """``x[start:end:step]`` along one axis."""
    first, last, step = slice(start, end, step).indices(x.shape[dim])
    return lax.slice_in_dim(x, first, max(first, last), step, dim)


@op("narrow")
def narrow(x, dim, start, length):
    """``length`` elements from ``start`` on."""
    start %= x.shape[dim]
    return lax.slice_in_dim(x, start, start + length, axis=dim)


@op("select", "select_copy")
def select(x, dim, index):
    """One index of an axis, which goes."""
    return lax.index_in_dim(x, index, dim, keepdims=False)


@op("diagonal", "diagonal_copy")
def diagonal(x, offset=0, dim1=0, dim2=1):
    """Elements whose two indices differ by ``offset``."""
    return jnp.diagonal(x, offset, dim1, dim2)


@op("tril")
def tril(x, diagonal=0):
    """The lower triangle, zero above."""
    return jnp.tril(x, diagonal)


@op("triu")
def triu(x, diagonal=0):
    """The upper triangle, zero below."""
    return jnp.triu(x, diagonal)


@op("index", "_unsafe_index")
def index(x, indices):
    """NumPy's advanced indexing; None stands for a whole axis."""
    return x[tuple(slice(None) if i is None else positive(i, n) for i, n in axes(x, indices))]


@op("index_select")
def index_select(x, dim, index):
    """The given indices of one axis."""
    if x.ndim == 0:
        return x
    return jnp.take(x, positive(index, x.shape[dim]), dim, mode="clip")


@op("gather")
def gather(x, dim, index, *, sparse_grad=False):
    """``out[.., i, ..] = x[.., index[.., i, ..], ..]``; the index may be the smaller."""
    if x.ndim == 0:
        return x
    dim %= x.ndim
    for axis, n in enumerate(index.shape):
        if axis != dim:
            x = lax.slice_in_dim(x, 0, n, axis=axis)
    return jnp.take_along_axis(x, index, dim, mode="clip")


@op("take")
def take(x, index):
    """Elements of the flat array."""
    return jnp.take(x.reshape(-1), positive(index, x.size), mode="clip")


@op("take_along_dim")
def take_along_dim(x, indices, dim=None):
    """Elements along an axis, with broadcasting; of the flat array where there is no axis."""
    return jnp.take_along_axis(x, indices, dim, mode="clip")


@op("embedding")
def embedding(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """A row of the weight for every index."""
    return jnp.take(weight, indices, 0, mode="clip")


def axes(x, indices):
    """(index, length of the axis that it stands at) pairs; a mask covers several axes."""
    axis = 0
    for i in indices:
        yield i, x.shape[axis]
        axis += i.ndim if i is not None and i.dtype == bool else 1


def positive(index, length: int):
    """Known indices without negative ones: what remains needs no arithmetic to be known."""
    if isinstance(index, np.ndarray) and index.dtype != bool:
        return np.where(index < 0, index + length, index).astype(np.int32)
    return index
