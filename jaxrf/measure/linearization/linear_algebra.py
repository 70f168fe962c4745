"""Factorisations of matrices: every element of a matrix sees the whole matrix."""

from __future__ import annotations

import jax.numpy as jnp

from jaxrf.measure.linearization.site import LINEAR, Site, dependent, everything, mean
from jaxrf.program import primitives


@LINEAR.rule(*primitives.of_kind("linear-algebra"))
def factorisation(site: Site):
    """Every output of a matrix sees all of it; matrices of a batch stay apart if all have it."""
    rank = len(site.in_shapes[0]) - primitives.matrix_dims(site.name)
    batch = site.in_shapes[0][:rank]
    if any(shape[:rank] != batch for shape in (*site.in_shapes, *site.out_shapes)):
        return everything(site)
    means = [jnp.mean(o.reshape(*batch, -1), -1) for o in dependent(site.operands)]
    seen = mean(means, batch)
    return [
        jnp.broadcast_to(seen.reshape(*batch, *(1,) * (len(shape) - rank)), shape)
        for shape in site.out_shapes
    ]
