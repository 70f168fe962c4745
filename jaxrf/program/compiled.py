"""Known values as compiled programs compute them: all equations that lead to one, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np

from jaxrf.program import compat
from jaxrf.program.compile_once import compile_once
from jaxrf.program.equation import Equation
from jaxrf.program.replay import replayed

__all__ = ["compiled"]


def compiled(
    equations: Sequence[Equation], leaves: Mapping[int, Any], number: int
) -> list[np.ndarray] | None:
    """The values that compiled programs may compute for one known value.

    What the compiler multiplies beforehand, or evaluates itself, depends on what it knows. So the
    value is compiled three times: with everything inside the program, with all arrays that are no
    repeated number as arguments of it, and with those as well.

    Args:
        equations: all that the value follows from, in order.
        leaves: value number -> literals and captured arrays that they read.
        number: value number.

    Returns:
        Its values; None where it cannot be compiled on its own.
    """
    given = {n: np.asarray(leaf) for n, leaf in leaves.items()}
    made = []
    try:
        with jax.ensure_compile_time_eval(), compat.float64():
            for first in ([], ["iota"], ["iota", "broadcast_in_dim"]):
                passed = {n: array for n, array in given.items() if first and array.ndim}
                rest = []
                for eq in equations:
                    if eq.name in first and given.keys() >= set(eq.inputs):
                        passed[eq.outputs[0]] = replayed([eq], given)[eq.outputs[0]]
                    else:
                        rest.append(eq)
                run = compile_once(partial(_value, rest, given, number))
                made.append(np.asarray(run(passed)))
            return made
    except Exception:  # whatever keeps it from running
        return None


def _value(
    equations: Sequence[Equation], given: Mapping[int, Any], number: int, passed: Mapping[int, Any]
) -> Any:
    return replayed(equations, {**given, **passed})[number]
