"""Elementwise primitives: the mean of the dependent operands, where they can change the result."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization.site import LINEAR, Site, dependent, mean
from jaxrf.measure.linearization.thin import common, keeps_thin, unbroadcast
from jaxrf.program import primitives


@LINEAR.rule(*primitives.elementwise())
@keeps_thin
def elementwise(site: Site):
    """The mean of the dependent operands; zero where no operand can change the result."""
    result = _mean(site)
    steady = site.steady() if len(site.operands) > 1 else None
    return [result if steady is None else result * jnp.asarray(~steady, result.dtype)]


def _mean(site: Site) -> jax.Array:
    parts = dependent(site.operands)
    return mean(parts, common(parts, len(site.out_shapes[0])))


@LINEAR.rule("select_n")
@keeps_thin
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
    which, known = unbroadcast(which), unbroadcast(known)
    which = np.clip(which.astype(np.int64), 0, len(site.operands) - 2)  # clamped by XLA
    parts = [
        jnp.where(known & (which == n), branch, 0)
        for n, branch in enumerate(site.operands[1:])
        if branch is not None
    ]
    if not known.all():
        parts.append(jnp.where(known, 0, _mean(site)))
    if not parts:
        return [jnp.zeros((1,) * rank, dependent(site.operands)[0].dtype)]
    return [sum(parts)]


@LINEAR.rule("optimization_barrier", "device_put")
@keeps_thin
def each_alone(site: Site):
    """Output n is operand n."""
    return site.operands
