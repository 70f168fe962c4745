"""Pooling, and the primitives of its derivatives."""

from __future__ import annotations

from functools import partial
from math import prod

import jax
import numpy as np
from jax import lax

from jaxrf.measure.linearization.registry import average, dependent, rule
from jaxrf.program.equation import Equation


def window_mean(eq: Equation, x: jax.Array) -> jax.Array:
    """Mean over each window of the equation; what is padded counts as zero."""
    p = eq.params
    total = lax.reduce_window(
        x,
        np.zeros((), x.dtype)[()],
        lax.add,
        p["window_dimensions"],
        p["window_strides"],
        p["padding"],
        p.get("base_dilation"),
        p.get("window_dilation"),
    )
    return total / prod(p["window_dimensions"])


@rule("reduce_window_sum", "reduce_window_max", "reduce_window_min", "select_and_gather_add")
def pooling(eq, operands, fold):
    """Windows of every operand: what is chosen from one may be chosen by the other."""
    return [average([window_mean(eq, x) for x in dependent(operands)], eq.out_shapes[0])]


@rule("reduce_window")
def any_pooling(eq, operands, fold):
    """Several operands by any function; initial values are seen everywhere."""
    half = len(operands) // 2
    parts = [window_mean(eq, x) for x in dependent(operands[:half])] + dependent(operands[half:])
    return [average(parts, shape) for shape in eq.out_shapes]


@rule("select_and_scatter_add", "select_and_scatter")
def unpooling(eq, operands, fold):
    """An element may get the source of each window that it is in; the whole window decides."""
    if eq.name == "select_and_scatter":
        (x, source, *initial), shape = operands, eq.in_shapes[0]
    else:
        (source, x), initial, shape = operands, [], eq.in_shapes[1]
    dtype = dependent(operands)[0].dtype
    back = jax.linear_transpose(partial(window_mean, eq), jax.ShapeDtypeStruct(shape, dtype))
    windows = dependent([source, None if x is None else window_mean(eq, x)])
    parts = [back(w)[0] for w in windows] + dependent(initial)
    return [average(parts, shape)]
