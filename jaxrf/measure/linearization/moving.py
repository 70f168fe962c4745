"""Primitives that move elements: the original primitives on the linear values."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.measure.linearization.site import LINEAR, Site, average, dependent, everything
from jaxrf.measure.linearization.thin import keeps_thin, reshaped, whole
from jaxrf.program import compat


@LINEAR.rule("tile")
def move(site: Site):
    """The original primitive."""
    return compat.bind(site.equation, site.operands[0])


@LINEAR.rule("transpose", "squeeze", "expand_dims", "rev")
@keeps_thin
def rearrange(site: Site):
    """The original primitive, which is the same for dimensions of any length."""
    return compat.bind(site.equation, site.operands[0])


@LINEAR.rule("reshape")
@keeps_thin
def reshape(site: Site):
    """The original primitive, along dimensions that are not all alike."""
    (x,), (before,), (after,) = site.operands, site.in_shapes, site.out_shapes
    if site.params.get("dimensions") is not None:
        return compat.bind(site.equation, whole(x, before))
    return [reshaped(x, before, after)]


@LINEAR.rule("slice")
@keeps_thin
def slice_(site: Site):
    """The original primitive; a dimension that is alike everywhere is not cut."""
    (x,), (before,), p = site.operands, site.in_shapes, site.params
    steps = p["strides"] or (1,) * x.ndim
    sides = [
        (0, 1, 1) if m == 1 and n > 1 else side
        for m, n, side in zip(
            x.shape,
            before,
            zip(p["start_indices"], p["limit_indices"], steps, strict=True),
            strict=True,
        )
    ]
    return [lax.slice(x, *zip(*sides, strict=True))] if sides else [x]


@LINEAR.rule("split")
@keeps_thin
def split(site: Site):
    """The original primitive."""
    return compat.bind(
        site.equation, whole(site.operands[0], site.in_shapes[0], [site.params["axis"]])
    )


@LINEAR.rule("broadcast_in_dim")
@keeps_thin
def broadcast(site: Site):
    """The original primitive; further operands are sizes, which select no element."""
    x = site.operands[0]
    if x is None:
        return everything(site)
    lengths, targets = [1] * len(site.out_shapes[0]), site.params["broadcast_dimensions"]
    for length, d in zip(x.shape, targets, strict=True):
        lengths[d] = length
    return [lax.broadcast_in_dim(x, lengths, targets)]


@LINEAR.rule("concatenate")
@keeps_thin
def concatenate(site: Site):
    """The original primitive, with zeros for pieces that the input cannot influence."""
    some, dim = dependent(site.operands), site.params["dimension"]
    lengths = list(np.broadcast_shapes(*((*x.shape[:dim], 1, *x.shape[dim + 1 :]) for x in some)))
    pieces = []
    for x, shape in zip(site.operands, site.in_shapes, strict=True):
        lengths[dim] = shape[dim]
        pieces.append(
            jnp.zeros(lengths, some[0].dtype) if x is None else jnp.broadcast_to(x, lengths)
        )
    return compat.bind(site.equation, *pieces)


@LINEAR.rule("pad")
@keeps_thin
def pad(site: Site):
    """The operand inside, and the padding value at the border and between elements."""
    config, (x, value) = site.params["padding_config"], site.operands
    zero = jnp.zeros((), dependent(site.operands)[0].dtype)
    shape = site.in_shapes[0]
    padded = [d for d, sides in enumerate(config) if any(sides)]
    inside = 0 if x is None else lax.pad(whole(x, shape, padded), zero, config)
    if value is None:
        return [inside]
    lengths = [n if d in padded else 1 for d, n in enumerate(shape)]
    border = lax.pad(jnp.zeros(lengths, zero.dtype), zero + 1, config)
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
