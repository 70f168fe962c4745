"""Scatter of every kind: updates go to their known places, else to all places in reach."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.measure.linearization.gathering import gather_anywhere
from jaxrf.measure.linearization.site import (
    LINEAR,
    Operand,
    Site,
    average,
    dependent,
    index_array,
    over_candidates,
)
from jaxrf.program import compat


@LINEAR.rule("scatter", "scatter-add", "scatter-sub", "scatter-mul", "scatter-min", "scatter-max")
@over_candidates(1, 2)
def scatter(site: Site):
    """Elements of the operand stay, unless a plain ``scatter`` certainly overwrites them."""
    x, indices, updates = site.operands
    known = site.fold(1) if indices is None else None
    if known is not None:
        return [_at_known_places(site, x, known, updates)]
    parts = dependent([x, _anywhere(site, indices, updates)])
    return [average(parts, site.out_shapes[0])]


def _at_known_places(site: Site, x: Operand, indices: np.ndarray, updates: Operand) -> Operand:
    shape, many = site.out_shapes[0], site.in_shapes[2]
    dtype = dependent([x, updates])[0].dtype
    hits = _add(site, shape, indices, jnp.ones(many, dtype))
    parts = []
    if x is not None:
        parts.append(jnp.where(hits > 0, 0, x) if _overwrites(site) else x)
    if updates is not None and _uses_updates(site):
        parts.append(_add(site, shape, indices, updates) / jnp.maximum(hits, 1))
    return average(parts, shape)


def _add(site: Site, shape, indices, updates: jax.Array) -> jax.Array:
    """Updates added into zeros; indices out of range are treated as by the model."""
    p = site.params
    zeros = jnp.zeros(shape, updates.dtype)
    return lax.scatter_add(
        zeros, index_array(indices), updates, p["dimension_numbers"], mode=p["mode"]
    )


def _anywhere(site: Site, indices: Operand, updates: Operand) -> Operand:
    """Updates and their indices, spread over all places that a gather of their shape may read."""
    numbers, shape, many = site.params["dimension_numbers"], site.out_shapes[0], site.in_shapes[2]
    window = numbers.update_window_dims
    news = [] if updates is None else [updates]
    if indices is not None:
        batch = [d for d in range(len(many)) if d not in window]
        news.append(lax.broadcast_in_dim(jnp.mean(indices, -1), many, batch))
    if not news:
        return None
    gather = lax.GatherDimensionNumbers(
        offset_dims=window,
        collapsed_slice_dims=numbers.inserted_window_dims,
        start_index_map=numbers.scatter_dims_to_operand_dims,
        operand_batching_dims=numbers.operand_batching_dims,
        start_indices_batching_dims=numbers.scatter_indices_batching_dims,
    )
    narrow = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    wide = iter(many[d] for d in window)
    sizes = [1 if d in narrow else next(wide) for d in range(len(shape))]
    read = partial(gather_anywhere, indices=site.in_shapes[1], numbers=gather, sizes=sizes)
    land = jax.linear_transpose(read, jax.ShapeDtypeStruct(shape, news[0].dtype))
    number = np.prod([n for d, n in enumerate(many) if d not in window])
    return land(average(news, many))[0] / max(1, number)


def _combination(site: Site):
    """The jaxpr that combines (element, update); None where the update replaces the element."""
    jaxpr = site.params["update_jaxpr"]
    return None if jaxpr is None else compat.open_jaxpr(jaxpr)[0]


def _overwrites(site: Site) -> bool:
    """Whether the new element does not depend on the old one."""
    if site.name != "scatter":
        return False
    jaxpr = _combination(site)
    return jaxpr is None or jaxpr.outvars[0] is jaxpr.invars[1]


def _uses_updates(site: Site) -> bool:
    """Whether updates are read; ``x.at[i].apply(f)`` is a scatter that reads only its indices."""
    jaxpr = _combination(site)
    if jaxpr is None or jaxpr.outvars[0] is jaxpr.invars[1]:
        return True
    return any(a is jaxpr.invars[1] for eqn in jaxpr.eqns for a in eqn.invars)
