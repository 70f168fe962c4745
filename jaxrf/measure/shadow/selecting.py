"""Gather at known places; choices among operands by a known or a calibrated predicate."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.shadow.elementwise import elementwise
from jaxrf.measure.shadow.form import Source, Term, identity
from jaxrf.measure.shadow.registry import Operand, Site, evenly, rule


@rule("gather")
def gather(site: Site) -> list[Operand]:
    """The original primitive on the energy, at known indices."""
    if site.dependent != [0] or not site.fixed[1]:
        return evenly(site)
    eq, source = site.equation, site.settle(0)
    full = jnp.broadcast_to(source.energy, site.shapes[0])
    params = {**eq.params, "fill_value": 0}
    energy = eq.primitive.bind(full, jnp.asarray(site.values[1]), **params)
    return [identity(Source(energy, eq.out_shapes[0], source.mixed))]


@rule("select_n")
def select(site: Site) -> list[Operand]:
    """A predicate that the input decides is a gate; a fixed one is a mask, place by place."""
    if not site.fixed[0]:
        return elementwise(site)
    which = np.broadcast_to(np.asarray(site.values[0]).astype(int), site.equation.out_shapes[0])
    if (which == which.flat[0]).all():
        return [site.forms[1 + int(which.flat[0])]]
    parts: list[Term] = []
    for n in list(site.dependent):
        source = site.settle(n)
        energy = source.energy * (which == n - 1)
        parts += identity(Source(energy, site.equation.out_shapes[0], source.mixed))
    return [tuple(parts)]
