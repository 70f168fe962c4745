"""The scale of an orthonormal transform: 1 / sqrt(n), which JAX makes of a stored array of lengths.

It is complex by dtype, and stored like a weight; but it is real, as the lengths of a transform are.
"""

from __future__ import annotations

import numpy as np

from jaxrf.program.program import Program

__all__ = ["is_scale"]

_DEPTH = 8
_MADE_OF = frozenset("convert_element_type div mul reduce_prod reshape sqrt squeeze".split())


def is_scale(program: Program, number: int, *, depth: int = _DEPTH) -> bool:
    """Whether a value is made of lengths of the program's own transforms, and of real numbers > 0.

    Args:
        program: the flat program.
        number: value number.
        depth: how many equations to look back through.
    """
    known = program.fold(number)
    if known is not None:
        return not np.imag(known).any() and bool((np.real(known) > 0).all())
    if number in program.constants:
        stored = np.asarray(program.constants[number])
        return stored.size <= 3 and all(n in _lengths(program) for n in stored.ravel())
    eq = program.made.get(number)
    if eq is None or not depth or eq.name not in _MADE_OF:
        return False
    return all(is_scale(program, n, depth=depth - 1) for n in eq.inputs)


def _lengths(program: Program) -> set[int]:
    """Lengths of all transforms; not 1, at which learned scales start."""
    lengths = {n for eq in program.equations if eq.name == "fft" for n in eq.params["fft_lengths"]}
    return lengths - {1}
