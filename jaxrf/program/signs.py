"""Values whose zeros are looked at closely: to some primitives -0.0 is another number than 0.0.

Zero times x is 0.0 or -0.0, as the sign of x is. Hardly anything tells them apart; where a program
does (the angle of a complex number, the bytes of a float), such a zero is not known.
"""

from __future__ import annotations

import jax
import numpy as np

from jaxrf.program.primitives import elementwise, of_kind, tells_sign
from jaxrf.program.program import Program

__all__ = ["sign_is_told"]

_ASKED = "sign of zero"
# What hands a zero on with its sign, or makes another zero of it that has that sign.
_THROUGH = frozenset(
    (
        *elementwise(),
        *of_kind("select", "pass", "move", "join", "index", "sort"),
        *of_kind("reduce", "cumulate", "window"),
    )
) - {"reduce_sum", "reduce_window_sum"}  # they start from 0.0: the sum of -0.0 is 0.0
# Makes the same of zeros of both signs, where they are real.
_WITHOUT = frozenset("abs cos cosh exp exp2 logistic square".split())


def sign_is_told(program: Program, number: int) -> bool:
    """Whether the program may tell a zero in a value from one of the other sign."""
    memo = program.findings(_ASKED)
    if not memo:
        memo.update(_told(program))
    told: bool = memo.get(number, False)
    return told


def _told(program: Program) -> dict[int, bool]:
    """All such values; one that there is not stands for an answer that is empty."""
    told = {-1: True}
    for eq in reversed(program.equations):
        dtypes = [program.dtype(n) for n in eq.inputs]
        complex_ = any(
            dtype is not None and jax.dtypes.issubdtype(dtype, np.complexfloating)
            for dtype in dtypes
        )
        through = eq.name in _THROUGH and (complex_ or eq.name not in _WITHOUT)
        if tells_sign(eq.name, complex_=complex_) or (
            through and any(n in told for n in eq.outputs)
        ):
            told.update(dict.fromkeys(eq.inputs, True))
    return told
