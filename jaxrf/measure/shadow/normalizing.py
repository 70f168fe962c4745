"""Normalisation by what is measured of the input itself: LayerNorm, GroupNorm, RMSNorm.

    y = x / s,  s^2 = mean of x^2 over N elements:   dy_i = (dx_i - y_i / N sum_j y_j dx_j) / s

The way through ``s`` is a projection. With independent elements the expected square is

    E dy_i^2 = ((1 - 2/N) E dx_i^2 + 1/N^2 sum_j E dx_j^2) / s^2

where the last term comes through ``s`` alone. It is taken from here: the steps of the program (a
square, a mean, a root) have heavy tails each, whose averages do not multiply. Subtracting the mean
is linear, and comes out exactly by itself.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.shadow.form import Form, Source, identity, normalizer, settled
from jaxrf.measure.shadow.registry import Site

__all__ = ["MEASURING", "applied", "measured"]

MEASURING = ("rsqrt", "sqrt")  # makes the scale
_USED_BY = {"mul": "rsqrt", "div": "sqrt"}  # applies it


def measured(site: Site, form: Form) -> Form:
    """The result of a (reciprocal) square root, marked as what may normalise."""
    shape = site.equation.out_shapes[0]
    return identity(replace(settled(form, shape), normalizer=(site.equation.name, prod(shape))))


def applied(site: Site, n: int, derivative: np.ndarray | float) -> Form | None:
    """What comes by operand ``n`` of a product with a normaliser; None for any other operation.

    Everything comes by the operand that is normalised, nothing by the normaliser.
    """
    name, shape = site.equation.name, site.equation.out_shapes[0]
    if len(site.dependent) != 2 or name not in _USED_BY:
        return None
    ours, theirs = (normalizer(site.form(m)) for m in (n, 1 - n))
    if (ours or theirs or ("", 0))[0] != _USED_BY[name] or (ours and theirs):
        return None
    number = prod(shape) / (ours or theirs or ("", 1))[1]  # as many are scaled as were measured
    if number <= 2:
        return None
    if ours:
        return ()
    site.say("normalises: its scale is taken as independent of the few weights just before it")
    apart = tuple(replace(t, scale=np.multiply(t.scale, derivative)) for t in site.form(n))
    energy = settled(apart, shape).energy
    for axis in _spread(site.form(1 - n), shape):
        energy = energy.mean(axis, keepdims=True)
    way = Source(jnp.asarray(energy / number), shape, True)
    direct = tuple(replace(t, scale=np.sqrt(1 - 2 / number) * t.scale) for t in apart)
    return direct + identity(way)


def _spread(form: Form, shape: tuple[int, ...]) -> list[int]:
    """Axes along which a normaliser is the same."""
    term = next(t for t in form if t.source.normalizer)
    same = [d is None or term.source.shape[d] == 1 for d in term.layout]
    return [axis for axis, n in enumerate(shape) if n > 1 and same[axis]]
