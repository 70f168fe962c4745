"""The equations of a program, with calls of functions that have derivatives of their own as one."""

from __future__ import annotations

from collections.abc import Collection

from jaxrf.program.equation import Equation
from jaxrf.program.program import Program

__all__ = ["equations_with_calls"]


def equations_with_calls(program: Program, wanted: Collection[int]) -> list[Equation]:
    """The equations, those of the outermost calls replaced by the call.

    A call that some wanted value lies inside is left written out: only its outside has a
    derivative of its own.

    Args:
        program: flat.
        wanted: value numbers.
    """
    call_of: dict[Equation, Equation] = {}
    for call in reversed(program.calls):  # the outer ones stand behind those that they contain
        inside = {n for eq in call.equations for n in eq.outputs} - set(call.equation.outputs)
        states = any(eq.states for eq in call.equations)
        if not states and inside.isdisjoint(wanted):
            for eq in call.equations:
                call_of.setdefault(eq, call.equation)
    return list(dict.fromkeys(call_of.get(eq, eq) for eq in program.equations))
