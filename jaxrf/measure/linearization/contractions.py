"""Convolution and matrix products: the original primitives with positive weights."""

from __future__ import annotations

from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization.registry import Operand, average, dependent, rule
from jaxrf.measure.observed import Observed
from jaxrf.program.equation import Equation


@rule("conv_general_dilated")
def convolution(eq, operands, fold):
    """Groups, dilations and layouts are the primitive's own business."""
    out_channels = eq.params["dimension_numbers"].rhs_spec[0]
    fan_in = prod(n for d, n in enumerate(eq.in_shapes[1]) if d != out_channels)
    return [_bilinear(eq, operands, fold, fan_in)]


@rule("dot_general")
def dot(eq, operands, fold):
    """Every role: dense layers, attention, resize matrices."""
    (contracted, _), _ = eq.params["dimension_numbers"]
    return [_bilinear(eq, operands, fold, prod(eq.in_shapes[0][d] for d in contracted))]


def _bilinear(eq: Equation, operands: list[Operand], fold: Observed, fan_in: int) -> Operand:
    """Each dependent side against positive weights on the other; known zeros stay zeros."""
    dtype = dependent(operands)[0].dtype
    params = {**eq.params, "preferred_element_type": None, "precision": None}
    parts: list[jax.Array] = []
    for side in (0, 1):
        if operands[side] is None:
            continue
        open_ = fold.nonzero(1 - side)
        shape, scale = eq.in_shapes[1 - side], 1 / max(1, fan_in)
        # A full array is made while it runs: as a constant it would be kept, and large
        weights = (
            jnp.full(shape, scale, dtype)
            if open_ is None
            else jnp.asarray(np.broadcast_to(open_, shape) * scale, dtype)
        )
        pair = (operands[side], weights) if side == 0 else (weights, operands[side])
        parts.append(eq.primitive.bind(*pair, **params))
    return average(parts, eq.out_shapes[0])
