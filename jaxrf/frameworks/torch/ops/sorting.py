"""Order along an axis."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from jaxrf.frameworks.torch.ops.registry import op


@op("sort")
def sort(x, dim=-1, descending=False):
    """The elements in order, and where each was."""
    dim %= x.ndim
    place = lax.broadcasted_iota(jnp.int32, x.shape, dim)
    values, where = lax.sort((-x if descending else x, place), dimension=dim)
    return (-values if descending else values), where


@op("sort.stable")
def sort_stable(x, *, stable, dim=-1, descending=False):
    """A stable sort, as JAX's always is."""
    return sort(x, dim, descending)


@op("argsort")
def argsort(x, dim=-1, descending=False):
    """Indices that sort the elements."""
    return sort(x, dim, descending)[1]


@op("topk")
def topk(x, k, dim=-1, largest=True, sorted=True):
    """The k largest, or smallest, and where each was."""
    x = jnp.moveaxis(x, dim, -1)
    values, where = lax.top_k(x if largest else -x, k)
    values = values if largest else -values
    return jnp.moveaxis(values, -1, dim), jnp.moveaxis(where, -1, dim)


@op("median.dim")
def median(x, dim, keepdim=False):
    """The lower median of an axis, and where it was."""
    values, where = sort(x, dim)
    middle = (x.shape[dim] - 1) // 2
    return tuple(lax.index_in_dim(part, middle, dim, keepdims=keepdim) for part in (values, where))
