"""Gather at known places, and selection among operands by a predicate."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.elementwise import elementwise
from jaxrf.measure.energy.linear_combination import LinearCombination, Source, Term, identity
from jaxrf.measure.energy.site import ENERGY, Operand, Site, spread_evenly


@ENERGY.rule("gather")
def gather(site: Site) -> list[Operand]:
    """Rows of the identity along one axis; else the original primitive on the energy."""
    if site.dependent != [0] or not site.fixed[1]:
        return spread_evenly(site)
    taken = _taken(site)
    if taken is not None:
        return [taken]
    eq, source = site.equation, site.store_as_source(0)
    full = jnp.broadcast_to(source.energy, site.in_shapes[0])
    params = {**eq.params, "fill_value": 0}
    energy = eq.primitive.bind(full, jnp.asarray(site.values[1]), **params)
    return [identity(Source(energy, eq.out_shapes[0], source.correlated))]


def _taken(site: Site) -> LinearCombination | None:
    """``x.take(indices, axis)`` with valid indices in a row; None for any other gather."""
    p, shape = site.params, site.in_shapes[0]
    numbers, places = p["dimension_numbers"], np.asarray(site.values[1])
    if len(numbers.start_index_map) != 1 or numbers.operand_batching_dims or places.ndim != 2:
        return None
    axis, places = numbers.start_index_map[0], places[:, 0]
    whole = tuple(1 if d == axis else n for d, n in enumerate(shape))
    inside = bool(((places >= 0) & (places < shape[axis])).all())
    if numbers.collapsed_slice_dims != (axis,) or p["slice_sizes"] != whole or not inside:
        return None
    rows = (places[:, None] == np.arange(shape[axis])).astype(float)
    combination = site.apply_matrix(site.with_scalar_scales(0), axis, rows)
    others = iter(d for d in range(len(shape)) if d != axis)
    order = [next(others) if d in numbers.offset_dims else axis for d in range(len(shape))]
    return tuple(replace(t, layout=tuple(t.layout[d] for d in order)) for t in combination)


@ENERGY.rule("select_n")
def select(site: Site) -> list[Operand]:
    """A predicate that depends on the input is a gate; a fixed one is a mask, place by place."""
    if not site.fixed[0]:
        return elementwise(site)
    which = np.broadcast_to(np.asarray(site.values[0]).astype(int), site.out_shapes[0])
    if (which == which.flat[0]).all():
        return [site.operands[1 + int(which.flat[0])]]
    parts: list[Term] = []
    for n in list(site.dependent):
        source = site.store_as_source(n)
        energy = source.energy * (which == n - 1)
        parts += identity(Source(energy, site.out_shapes[0], source.correlated))
    return [tuple(parts)]
