"""Gather: the original primitive at known indices, else the mean over all places it may read."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax

from jaxrf.measure.linearization.site import LINEAR, Site, average, index_array, over_candidates
from jaxrf.measure.linearization.slicing import crop


def gather_anywhere(
    x: jax.Array,
    indices: tuple[int, ...],
    numbers: lax.GatherDimensionNumbers,
    sizes: Sequence[int],
) -> jax.Array:
    """The mean over everything that a gather may read at unknown indices.

    Dimensions that are indexed are averaged over all starts, others start at 0, and batching ones
    follow their indices; after that, every slice has a single possible place.

    Args:
        x: the operand.
        indices: shape of the indices.
        numbers: the dimension numbers of the gather.
        sizes: of the slices.
    """
    batching = numbers.operand_batching_dims
    left = [x.shape[d] if d in batching else size for d, size in enumerate(sizes)]
    starts = [None if d in numbers.start_index_map else 0 for d in range(x.ndim)]
    return lax.gather(
        crop(x, starts, left), jnp.zeros(indices, int), numbers, tuple(sizes), mode="clip"
    )


@LINEAR.rule("gather")
@over_candidates(1, 2)
def gather(site: Site):
    """Each output sees its slice, and its index vector where that depends on the input."""
    (x, indices), p, shape = site.operands, site.params, site.out_shapes[0]
    numbers, parts = p["dimension_numbers"], []
    known = site.fold(1) if indices is None else None
    if known is not None:
        fixed = {**p, "fill_value": 0}
        return [site.equation.primitive.bind(x, index_array(known), **fixed)]
    if x is not None:
        parts.append(gather_anywhere(x, site.in_shapes[1], numbers, p["slice_sizes"]))
    if indices is not None:
        batch = [d for d in range(len(shape)) if d not in numbers.offset_dims]
        parts.append(lax.broadcast_in_dim(jnp.mean(indices, -1), shape, batch))
    return [average(parts, shape)]
