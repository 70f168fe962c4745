"""Elementwise primitives: the mean of the dependent operands, less what no operand can change."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization.registry import dependent, mean, rule
from jaxrf.program import primitives


@rule(*primitives.elementwise())
def elementwise(eq, operands, fold):
    """The mean of what can influence it; nothing where no operand can change the result."""
    result = mean(dependent(operands), eq.out_shapes[0])
    steady = fold.steady() if len(operands) > 1 else None
    return [result if steady is None else result * jnp.asarray(~steady, result.dtype)]


@rule("select_n")
def select(eq, operands, fold):
    """A known predicate chooses; else all branches and the predicate are seen."""
    which, rank = fold(0) if operands[0] is None else None, len(eq.out_shapes[0])
    if which is None:
        seen = fold.seen(0)
        if seen is None:
            return elementwise(eq, operands, fold)
        which, known = seen.value, seen.known
    else:
        known = np.ones((1,) * which.ndim, bool)
    if not eq.in_shapes[0]:
        which, known = (array.reshape((1,) * rank) for array in (which, known))
    which = np.clip(which.astype(np.int64), 0, len(operands) - 2)  # clamped by XLA
    parts = [
        jnp.where(known & (which == n), branch, 0)
        for n, branch in enumerate(operands[1:])
        if branch is not None
    ]
    if not known.all():
        parts.append(jnp.where(known, 0, mean(dependent(operands), eq.out_shapes[0])))
    if not parts:
        return [jnp.zeros(eq.out_shapes[0], dependent(operands)[0].dtype)]
    return [sum(jnp.broadcast_to(part, eq.out_shapes[0]) for part in parts)]


@rule("optimization_barrier", "device_put")
def each_alone(eq, operands, fold):
    """Output n is operand n."""
    return operands
