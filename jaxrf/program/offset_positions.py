"""Positions with an offset that the data decide: deformable convolution, warping by a flow.

An index that the data compute may point anywhere, and then "everything" is the truth. Where it is a
known position plus an offset, the offset is usually small or bounded, and "everything" is only a
bound: the result says so.
"""

from __future__ import annotations

import numpy as np

from jaxrf.program.equation import Equation
from jaxrf.program.program import Program

__all__ = ["reads_offset_positions"]

_FAR = 200  # equations that the search looks at, at most


def reads_offset_positions(program: Program, equation: Equation) -> bool:
    """Whether a gather or scatter reads at known positions plus offsets that the data decide.

    >>> import jax.numpy as jnp
    >>> from jaxrf.program.trace import trace
    >>> moved = lambda x: x[jnp.clip(jnp.arange(8) + jnp.round(x).astype(int), 0, 7)]
    >>> chosen = lambda x: x[jnp.argsort(x)]
    >>> def moves(f):
    ...     program = trace(f, (8,)).program
    ...     gathers = [e for e in program.equations if e.name == "gather"]
    ...     return [reads_offset_positions(program, e) for e in gathers]
    >>> moves(moved), moves(chosen)
    ([True], [False])
    """
    if equation.name != "gather" and not equation.name.startswith("scatter"):
        return False
    seen: set[int] = set()
    todo = [equation.inputs[1]]
    while todo and len(seen) < _FAR:
        number = todo.pop()
        made = program.made.get(number)
        if number in seen or made is None or number not in program.dependent:
            continue
        seen.add(number)
        if made.name in ("add", "sub") and any(_varies(program, n) for n in made.inputs):
            return True
        todo += made.inputs
    return False


def _varies(program: Program, number: int) -> bool:
    """Whether a value is known and differs from place to place."""
    known = None if number in program.dependent else program.fold(number)
    return known is not None and bool(np.size(known) > 1 and (known != np.ravel(known)[0]).any())
