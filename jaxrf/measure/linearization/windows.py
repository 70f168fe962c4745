"""Pooling, and the primitives of its derivative."""

from __future__ import annotations

from functools import partial
from math import prod

import jax
import numpy as np
from jax import lax

from jaxrf.measure.linearization.site import LINEAR, Site, average, dependent, mean
from jaxrf.measure.linearization.thin import common, keeps_thin, whole


def window_mean(site: Site, x: jax.Array) -> jax.Array:
    """Mean over each window of the equation; padding counts as zero."""
    p = site.params
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


@LINEAR.rule("reduce_window_sum", "reduce_window_max", "reduce_window_min", "select_and_gather_add")
@keeps_thin
def pooling(site: Site):
    """The mean over windows of every operand: one may decide what is chosen of the other."""
    shape, moved = site.in_shapes[0], _moved(site)
    parts = [window_mean(site, whole(x, shape, moved)) for x in dependent(site.operands)]
    return [mean(parts, common(parts, len(shape)))]


def _moved(site: Site) -> list[int]:
    """The dimensions along which windows do not just stand on every element."""
    p, rank = site.params, len(site.in_shapes[0])
    ones = (1,) * rank
    sides = zip(
        p["window_dimensions"],
        p["window_strides"],
        p["padding"],
        p.get("base_dilation") or ones,
        strict=True,
    )
    return [d for d, side in enumerate(sides) if side != (1, 1, (0, 0), 1)]


@LINEAR.rule("reduce_window")
def any_pooling(site: Site):
    """Pooling by a function of the user's: outputs see their windows and all initial values."""
    half = len(site.operands) // 2
    parts = [window_mean(site, x) for x in dependent(site.operands[:half])] + dependent(
        site.operands[half:]
    )
    return [average(parts, shape) for shape in site.out_shapes]


@LINEAR.rule("select_and_scatter_add", "select_and_scatter")
def unpooling(site: Site):
    """An element sees the source and the elements of each window that it is in."""
    if site.name == "select_and_scatter":
        (x, source, *initial), shape = site.operands, site.in_shapes[0]
    else:
        (source, x), initial, shape = site.operands, [], site.in_shapes[1]
    dtype = dependent(site.operands)[0].dtype
    back = jax.linear_transpose(partial(window_mean, site), jax.ShapeDtypeStruct(shape, dtype))
    windows = dependent([source, None if x is None else window_mean(site, x)])
    parts = [back(w)[0] for w in windows] + dependent(initial)
    return [average(parts, shape)]
