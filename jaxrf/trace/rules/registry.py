"""One decorator, one table: primitive name -> the function that says how its outputs read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jaxrf.graph import Concatenate, Read, Reshape
from jaxrf.trace.program import Equation

__all__ = ["RULES", "How", "rule"]

How = tuple[Read, ...] | Reshape | Concatenate
Fold = Callable[[int], np.ndarray | None]

RULES: dict[str, Callable[[Equation, Fold], How | list[How] | None]] = {}


def rule(*primitives: str):
    """Register a rule: ``(equation, fold) -> how``.

    A rule returns one How for all outputs, a list with one per output, or None where it cannot
    say: then everything depends on everything, and the result reports it. ``fold(n)`` is the value
    of operand number n of the equation where it is known without parameters or inputs, else None.
    """

    def register(function):
        for name in primitives:
            RULES[name] = function
        return function

    return register
