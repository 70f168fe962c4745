"""Elementwise primitives: the mean of the dependent operands, where they can change the result."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization.site import LINEAR, Site, dependent, mean
from jaxrf.program import primitives


@LINEAR.rule(*primitives.elementwise())
def elementwise(site: Site):
    """The mean of the dependent operands; zero where no operand can change the result."""
    result = mean(dependent(site.operands), site.out_shapes[0])
    steady = site.steady() if len(site.operands) > 1 else None
    return [result if steady is None else result * jnp.asarray(~steady, result.dtype)]


@LINEAR.rule("select_n")
def select(site: Site):
    """A known predicate selects; otherwise the result sees all branches and the predicate."""
    which, rank = site.fold(0) if site.operands[0] is None else None, len(site.out_shapes[0])
    if which is None:
        seen = site.known_elements(0)
        if seen is None:
            return elementwise(site)
        which, known = seen.value, seen.known
    else:
        known = np.ones((1,) * which.ndim, bool)
    if not site.in_shapes[0]:
        which, known = (array.reshape((1,) * rank) for array in (which, known))
    which = np.clip(which.astype(np.int64), 0, len(site.operands) - 2)  # clamped by XLA
    parts = [
        jnp.where(known & (which == n), branch, 0)
        for n, branch in enumerate(site.operands[1:])
        if branch is not None
    ]
    if not known.all():
        parts.append(jnp.where(known, 0, mean(dependent(site.operands), site.out_shapes[0])))
    if not parts:
        return [jnp.zeros(site.out_shapes[0], dependent(site.operands)[0].dtype)]
    return [sum(jnp.broadcast_to(part, site.out_shapes[0]) for part in parts)]


@LINEAR.rule("optimization_barrier", "device_put")
def each_alone(site: Site):
    """Output n is operand n."""
    return site.operands
