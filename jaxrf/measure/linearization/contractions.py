"""Convolution and matrix products: the original primitives with positive weights."""

from __future__ import annotations

from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization.site import LINEAR, Operand, Site, average, dependent


@LINEAR.rule("conv_general_dilated")
def convolution(site: Site):
    """A convolution with positive weights; the primitive itself handles groups and dilations."""
    out_channels = site.params["dimension_numbers"].rhs_spec[0]
    fan_in = prod(n for d, n in enumerate(site.in_shapes[1]) if d != out_channels)
    return [_bilinear(site, fan_in)]


@LINEAR.rule("dot_general")
def dot(site: Site):
    """A product of matrices with positive weights: dense layers, attention, resize matrices."""
    (contracted, _), _ = site.params["dimension_numbers"]
    return [_bilinear(site, prod(site.in_shapes[0][d] for d in contracted))]


def _bilinear(site: Site, fan_in: int) -> Operand:
    """Each dependent operand with positive weights for the other one; known zeros stay zeros."""
    dtype = dependent(site.operands)[0].dtype
    params = {**site.params, "preferred_element_type": None, "precision": None}
    parts: list[jax.Array] = []
    for side in (0, 1):
        if site.operands[side] is None:
            continue
        open_ = site.nonzero(1 - side)
        shape, scale = site.in_shapes[1 - side], 1 / max(1, fan_in)
        # A full array is made while it runs: as a constant it would be kept, and large
        weights = (
            jnp.full(shape, scale, dtype)
            if open_ is None
            else jnp.asarray(np.broadcast_to(open_, shape) * scale, dtype)
        )
        pair = (site.operands[side], weights) if side == 0 else (weights, site.operands[side])
        parts.append(site.equation.primitive.bind(*pair, **params))
    return average(parts, site.out_shapes[0])
