"""Primitives that move elements: the original primitives on the linear values."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from jaxrf.measure.linearization.site import LINEAR, Site, average, dependent, everything
from jaxrf.program import compat


@LINEAR.rule("transpose", "reshape", "squeeze", "expand_dims", "slice", "rev", "split", "tile")
def move(site: Site):
    """The original primitive."""
    return compat.bind(site.equation, site.operands[0])


@LINEAR.rule("broadcast_in_dim")
def broadcast(site: Site):
    """The original primitive; further operands are sizes, which select no element."""
    return (
        everything(site) if site.operands[0] is None else compat.bind(site.equation, *site.operands)
    )


@LINEAR.rule("concatenate")
def concatenate(site: Site):
    """The original primitive, with zeros for pieces that the input cannot influence."""
    dtype = dependent(site.operands)[0].dtype
    pieces = [
        jnp.zeros(shape, dtype) if o is None else o
        for o, shape in zip(site.operands, site.in_shapes, strict=True)
    ]
    return compat.bind(site.equation, *pieces)


@LINEAR.rule("pad")
def pad(site: Site):
    """The operand inside, and the padding value at the border and between elements."""
    config, (x, value) = site.params["padding_config"], site.operands
    zero = jnp.zeros((), dependent(site.operands)[0].dtype)
    inside = 0 if x is None else lax.pad(x, zero, config)
    if value is None:
        return [inside]
    border = lax.pad(jnp.zeros(site.in_shapes[0], zero.dtype), zero + 1, config)
    return [inside + value * border]


@LINEAR.rule("bitcast_convert_type")
def bitcast(site: Site):
    """Every part of a number sees the whole number; parts are along a last dimension."""
    (x,), (shape,) = site.operands, site.out_shapes
    if x.ndim < len(shape):
        x = x[..., None]
    elif x.ndim > len(shape):
        x = jnp.mean(x, -1)
    return [average([x], shape)]
