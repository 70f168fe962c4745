"""Primitives that move elements: the original ones, run on the linear values."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from jaxrf.measure.linearization.registry import average, dependent, everything, rule
from jaxrf.program import compat


@rule("transpose", "reshape", "squeeze", "expand_dims", "slice", "rev", "split", "tile")
def move(eq, operands, fold):
    """As it is."""
    return compat.bind(eq, operands[0])


@rule("broadcast_in_dim")
def spread(eq, operands, fold):
    """As it is; further operands are sizes, which choose no element."""
    return everything(eq, operands, fold) if operands[0] is None else compat.bind(eq, *operands)


@rule("concatenate")
def concatenate(eq, operands, fold):
    """Zeros stand for pieces that the input cannot influence."""
    dtype = dependent(operands)[0].dtype
    pieces = [
        jnp.zeros(shape, dtype) if o is None else o
        for o, shape in zip(operands, eq.in_shapes, strict=True)
    ]
    return compat.bind(eq, *pieces)


@rule("pad")
def pad(eq, operands, fold):
    """The operand inside; the padding value in the border and between."""
    config, (x, value) = eq.params["padding_config"], operands
    zero = jnp.zeros((), dependent(operands)[0].dtype)
    inside = 0 if x is None else lax.pad(x, zero, config)
    if value is None:
        return [inside]
    border = lax.pad(jnp.zeros(eq.in_shapes[0], zero.dtype), zero + 1, config)
    return [inside + value * border]


@rule("bitcast_convert_type")
def bitcast(eq, operands, fold):
    """A wider number is read whole by its narrower parts along a new last dimension."""
    (x,), (shape,) = operands, eq.out_shapes
    if x.ndim < len(shape):
        x = x[..., None]
    elif x.ndim > len(shape):
        x = jnp.mean(x, -1)
    return [average([x], shape)]
