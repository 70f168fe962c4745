"""The site of a rule of the positive linearisation, and the averages that rules take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import reduce, wraps
from itertools import product
from operator import add

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.observed import ObservedSite as Site
from jaxrf.program.reading import Reading

__all__ = [
    "LINEAR",
    "Operand",
    "Site",
    "average",
    "dependent",
    "everything",
    "index_array",
    "mean",
    "over_candidates",
]

_RANGE = (np.iinfo(np.int32).min, np.iinfo(np.int32).max)
Operand = jax.Array | None  # None: the input cannot influence it


def over_candidates(first: int, stop: int | None = None):
    """Average a rule over all values of its indices that rounding leaves open.

    Args:
        first: position of the first operand that is an index.
        stop: one past the last; None is to the end.
    """

    def several(function: Callable[[Site], Sequence[Operand]]):
        @wraps(function)
        def averaged(site: Site) -> Sequence[Operand]:
            known = {
                n: site.candidates(n)
                for n in range(len(site.operands))[first:stop]
                if site.operands[n] is None
            }
            open_ = {n: values for n, values in known.items() if len(values) > 1}
            if not open_:
                return function(site)
            runs = [
                function(replace(site, chosen=dict(zip(open_, values, strict=True))))
                for values in product(*open_.values())
            ]
            return [
                average(dependent(found), shape)
                for found, shape in zip(zip(*runs, strict=True), site.out_shapes, strict=True)
            ]

        return averaged

    return several


def dependent(operands: Iterable[Operand]) -> list[jax.Array]:
    """The operands that the input can influence."""
    return [o for o in operands if o is not None]


def mean(parts: Sequence[jax.Array], shape: Sequence[int]) -> jax.Array:
    """Mean of one or more arrays, broadcast to ``shape``."""
    total = reduce(add, (jnp.broadcast_to(p, shape) for p in parts))
    return total if len(parts) == 1 else total / len(parts)


def average(parts: Sequence[jax.Array], shape: Sequence[int]) -> Operand:
    """Mean of arrays, broadcast to ``shape``; None without arrays."""
    return mean(parts, shape) if parts else None


def index_array(known: np.ndarray) -> jax.Array:
    """Known indices, of 32 bits where JAX has no more: those far out of range stay out of range."""
    if known.dtype.itemsize > 4:
        known = np.clip(known, *_RANGE)
    return jnp.asarray(known)


def everything(site: Site) -> list[Operand]:
    """An unknown operation: every output element sees every element of every operand."""
    means = [jnp.mean(o) for o in dependent(site.operands)]
    return [mean(means, shape) for shape in site.out_shapes]


# A rule returns one result per output: a linear function of the operands with positive coefficients
# whose sum is at most 1. At least one operand is not None.
LINEAR: Reading[Site, Sequence[Operand]] = Reading("linearization", default=everything)
