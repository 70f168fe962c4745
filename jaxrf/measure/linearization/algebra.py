"""Linear algebra: batch dimensions stay apart, within a matrix everything sees everything."""

from __future__ import annotations

import jax.numpy as jnp

from jaxrf.measure.linearization.registry import dependent, everything, mean, rule
from jaxrf.program import primitives


@rule(*primitives.of_kind("linear-algebra"))
def factorisation(eq, operands, fold):
    """Every output of a matrix sees all of it; operands without the batch are not guessed."""
    rank = len(eq.in_shapes[0]) - primitives.matrix_dims(eq.name)
    batch = eq.in_shapes[0][:rank]
    if any(shape[:rank] != batch for shape in (*eq.in_shapes, *eq.out_shapes)):
        return everything(eq, operands, fold)
    means = [jnp.mean(o.reshape(*batch, -1), -1) for o in dependent(operands)]
    seen = mean(means, batch)
    return [
        jnp.broadcast_to(seen.reshape(*batch, *(1,) * (len(shape) - rank)), shape)
        for shape in eq.out_shapes
    ]
