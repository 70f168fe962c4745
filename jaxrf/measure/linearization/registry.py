"""One table: primitive name -> its linear, positive, never growing stand-in; and how to average."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import reduce, wraps
from itertools import product
from operator import add

import jax
import jax.numpy as jnp

from jaxrf.measure.observed import Observed
from jaxrf.program.equation import Equation

__all__ = [
    "RULES",
    "Operand",
    "Rule",
    "average",
    "dependent",
    "everything",
    "mean",
    "over_candidates",
    "rule",
]

Operand = jax.Array | None  # None: the input cannot influence it
Rule = Callable[[Equation, list[Operand], Observed], Sequence[Operand]]

RULES: dict[str, Rule] = {}


def rule(*primitives: str):
    """Register a rule: ``(equation, operands, fold) -> results``, one result an output.

    At least one operand is not None. ``fold`` is :class:`~jaxrf.measure.observed.Observed`:
    ``fold(n)`` is the value of operand number n where it follows from the model's code alone, None
    where it is a weight or an input; ``fold.nonzero(n)`` is where it may differ from zero.
    """

    def register(function: Rule) -> Rule:
        for name in primitives:
            RULES[name] = function
        return function

    return register


def over_candidates(first: int, stop: int | None = None):
    """Average a rule over all values of its indices that rounding leaves open.

    Args:
        first: position of the first operand that is an index.
        stop: one past the last; None is to the end.
    """

    def several(function: Rule) -> Rule:
        @wraps(function)
        def averaged(eq: Equation, operands: list[Operand], fold: Observed) -> Sequence[Operand]:
            known = {
                n: fold.candidates(n)
                for n in range(len(operands))[first:stop]
                if operands[n] is None
            }
            open_ = {n: values for n, values in known.items() if len(values) > 1}
            if not open_:
                return function(eq, operands, fold)
            runs = [
                function(eq, operands, replace(fold, chosen=dict(zip(open_, values, strict=True))))
                for values in product(*open_.values())
            ]
            return [
                average(dependent(found), shape)
                for found, shape in zip(zip(*runs, strict=True), eq.out_shapes, strict=True)
            ]

        return averaged

    return several


def dependent(operands: Iterable[Operand]) -> list[jax.Array]:
    """The operands that the input can influence."""
    return [o for o in operands if o is not None]


def mean(parts: Sequence[jax.Array], shape: Sequence[int]) -> jax.Array:
    """Mean of one or more arrays, broadcast to ``shape``."""
    return reduce(add, (jnp.broadcast_to(p, shape) for p in parts)) / len(parts)


def average(parts: Sequence[jax.Array], shape: Sequence[int]) -> Operand:
    """Mean of arrays, broadcast to ``shape``; None of none."""
    return mean(parts, shape) if parts else None


def everything(eq: Equation, operands: list[Operand], fold: Observed) -> list[Operand]:
    """An unknown operation: every output element sees every element of every operand."""
    means = [jnp.mean(o) for o in dependent(operands)]
    return [mean(means, shape) for shape in eq.out_shapes]
