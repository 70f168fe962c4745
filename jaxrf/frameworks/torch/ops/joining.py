"""Tensors put together and taken apart."""

from __future__ import annotations

from itertools import accumulate, pairwise

import jax.numpy as jnp
from jax import lax

from jaxrf.frameworks.torch.ops.registry import op


@op("cat", "concat", "concatenate")
def cat(tensors, dim=0):
    """One after the other; empty vectors are skipped, as PyTorch does."""
    some = [t for t in tensors if t.shape != (0,)]
    return jnp.concatenate(some or list(tensors), dim)


@op("stack")
def stack(tensors, dim=0):
    """Along a new axis."""
    return jnp.stack(tensors, dim)


@op("split_with_sizes", "split_with_sizes_copy", "split.sizes")
def split_with_sizes(x, split_sizes, dim=0):
    """Pieces of the given lengths."""
    stops = list(accumulate(split_sizes))
    starts = [0, *stops[:-1]]
    return [lax.slice_in_dim(x, a, b, axis=dim) for a, b in zip(starts, stops, strict=True)]


@op("split", "split_copy")
def split(x, split_size, dim=0):
    """Pieces of one length, the last perhaps shorter."""
    length = x.shape[dim]
    sizes = [min(split_size, length - start) for start in range(0, length, split_size)]
    return split_with_sizes(x, sizes, dim)


@op("chunk")
def chunk(x, chunks, dim=0):
    """At most so many pieces of one length."""
    return split(x, -(-x.shape[dim] // chunks), dim)


@op("tensor_split.sections")
def tensor_split(x, sections, dim=0):
    """So many pieces, the first ones longer by one where it does not divide."""
    least, more = divmod(x.shape[dim], sections)
    return split_with_sizes(x, [least + (i < more) for i in range(sections)], dim)


@op("tensor_split.indices")
def tensor_split_indices(x, indices, dim=0):
    """Cut at the given places."""
    cuts = [0, *indices, x.shape[dim]]
    return split_with_sizes(x, [b - a for a, b in pairwise(cuts)], dim)


@op("unbind", "unbind_copy")
def unbind(x, dim=0):
    """One tensor for every index of an axis."""
    return [lax.index_in_dim(x, i, dim, keepdims=False) for i in range(x.shape[dim])]


@op("meshgrid")
def meshgrid(tensors, *, indexing="ij"):
    """Coordinates along every axis."""
    return list(jnp.meshgrid(*tensors, indexing=indexing))
