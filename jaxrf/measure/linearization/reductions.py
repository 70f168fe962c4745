"""Reductions, cumulative operations and sorting."""

from __future__ import annotations

from math import prod

import jax.numpy as jnp
from jax import lax

from jaxrf.measure.linearization.site import LINEAR, Site, average, dependent, mean
from jaxrf.measure.linearization.thin import common, keeps_thin, whole
from jaxrf.program import compat


@LINEAR.rule("reduce_sum")
@keeps_thin
def total(site: Site):
    """A sum becomes a mean."""
    (x,) = site.operands
    return [r / (prod(x.shape) / max(1, r.size)) for r in compat.bind(site.equation, x)]


@LINEAR.rule("reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or", "reduce_xor")
@LINEAR.rule("argmax", "argmin")
@keeps_thin
def reduction(site: Site):
    """Every other reduction becomes the mean over the reduced dimensions."""
    return [jnp.mean(site.operands[0], site.params["axes"])]


@LINEAR.rule("reduce")
def any_reduction(site: Site):
    """A reduction by a function of the user's: outputs see all operands and initial values."""
    axes, half = site.params["dimensions"], len(site.operands) // 2
    means = [jnp.mean(o, axes) for o in dependent(site.operands[:half])] + dependent(
        site.operands[half:]
    )
    return [average(means, shape) for shape in site.out_shapes]


@LINEAR.rule("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
@keeps_thin
def cumulative(site: Site):
    """A cumulative operation becomes a cumulative sum, divided by the length."""
    axis = site.params["axis"]
    x = whole(site.operands[0], site.in_shapes[0], [axis])
    return [lax.cumsum(x, axis, reverse=site.params["reverse"]) / x.shape[axis]]


@LINEAR.rule("sort")
@keeps_thin
def sort(site: Site):
    """Every output sees its operand and the keys; later keys do not move earlier operands."""
    dim, keys = site.params["dimension"], site.params["num_keys"]
    means = [None if o is None else jnp.mean(o, dim, keepdims=True) for o in site.operands]
    read = ([means[i] for i in sorted({*range(min(keys, n)), n})] for n in range(len(means)))
    seen = [dependent(some) for some in read]
    return [mean(some, common(some, len(site.in_shapes[0]))) if some else None for some in seen]


@LINEAR.rule("top_k", "approx_top_k")
@keeps_thin
def top_k(site: Site):
    """Every output sees everything along the dimension."""
    (x,), p = site.operands, site.params
    dim = p.get("axis", p.get("reduction_dimension", -1))
    return [jnp.mean(x, dim, keepdims=True)] * len(site.out_shapes)
