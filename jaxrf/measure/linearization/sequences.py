"""Reductions, and what runs along a dimension: cumulative operations, sorting."""

from __future__ import annotations

from math import prod

import jax.numpy as jnp
from jax import lax

from jaxrf.measure.linearization.registry import average, dependent, rule
from jaxrf.program import compat


@rule("reduce_sum")
def total(eq, operands, fold):
    """The sum, as a mean."""
    scale = prod(eq.in_shapes[0]) / max(1, prod(eq.out_shapes[0]))
    return [r / scale for r in compat.bind(eq, operands[0])]


@rule("reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or", "reduce_xor")
@rule("argmax", "argmin")
def reduction(eq, operands, fold):
    """The mean over the reduced dimensions."""
    return [jnp.mean(operands[0], eq.params["axes"])]


@rule("reduce")
def any_reduction(eq, operands, fold):
    """Several operands by any function: each output sees all of them and all initial values."""
    axes, half = eq.params["dimensions"], len(operands) // 2
    means = [jnp.mean(o, axes) for o in dependent(operands[:half])] + dependent(operands[half:])
    return [average(means, shape) for shape in eq.out_shapes]


@rule("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
def cumulative(eq, operands, fold):
    """The sum so far, as a share of the whole."""
    (x,), axis = operands, eq.params["axis"]
    return [lax.cumsum(x, axis, reverse=eq.params["reverse"]) / x.shape[axis]]


@rule("sort")
def sort(eq, operands, fold):
    """Every output is ordered by the keys; later keys do not move earlier ones' values."""
    dim, keys = eq.params["dimension"], eq.params["num_keys"]
    means = [None if o is None else jnp.mean(o, dim, keepdims=True) for o in operands]
    read = ([means[i] for i in sorted({*range(min(keys, n)), n})] for n in range(len(means)))
    return [average(dependent(some), eq.in_shapes[0]) for some in read]


@rule("top_k", "approx_top_k")
def top_k(eq, operands, fold):
    """All to all along the dimension."""
    (x,), p = operands, eq.params
    dim = p.get("axis", p.get("reduction_dimension", -1))
    return [average([jnp.mean(x, dim, keepdims=True)], shape) for shape in eq.out_shapes]
