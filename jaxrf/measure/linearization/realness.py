"""Whether a value of complex dtype is real, and whether one is the same for all frequencies."""

from __future__ import annotations

import jax
import numpy as np

from jaxrf.program.primitives import keeping_real
from jaxrf.program.program import Program
from jaxrf.program.scales import is_scale

__all__ = ["is_even", "is_real"]

_DEPTH = 50  # equations looked back through
_EVEN = frozenset("add conj convert_element_type copy div mul neg sub".split())


def is_real(program: Program, number: int, depth: int = _DEPTH) -> bool:
    """Whether a value is real although its dtype may be complex: computed from real ones alone."""
    dtype = program.dtype(number)
    if dtype is None or not depth:
        return False
    if not jax.dtypes.issubdtype(dtype, np.complexfloating):
        return True
    known = program.fold(number)
    if known is not None:
        return not np.imag(known).any()
    if is_scale(program, number):
        return True
    eq = program.made.get(number)
    if eq is None or eq.name not in keeping_real():
        return False
    return all(is_real(program, n, depth - 1) for n in eq.inputs)


def is_even(program: Program, number: int, dim: int, depth: int = _DEPTH) -> bool:
    """Whether a value is constant along a dimension, because it was broadcast along it."""
    if program.shapes[number][dim] == 1:
        return True
    known, eq = program.fold(number), program.made.get(number)
    if known is not None:
        return bool((known == known.take([0], dim)).all())
    if eq is None or not depth:
        return False
    if eq.name == "broadcast_in_dim":
        targets = eq.params["broadcast_dimensions"]
        if dim not in targets:
            return True
        return is_even(program, eq.inputs[0], targets.index(dim), depth - 1)
    if eq.name == "transpose":
        return is_even(program, eq.inputs[0], eq.params["permutation"][dim], depth - 1)
    rank = len(program.shapes[number])
    if eq.name in _EVEN:
        return all(
            len(program.shapes[n]) != rank or is_even(program, n, dim, depth - 1) for n in eq.inputs
        )
    return False
