"""What of a program the energy of one end-point needs, and until when."""

from __future__ import annotations

from dataclasses import dataclass

from jaxrf.measure.energy.products import Stretch, stretches
from jaxrf.program import slices
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program

__all__ = ["Needed", "needed"]


@dataclass(frozen=True, eq=False)
class Needed:
    """The part of a program behind one value.

    Attributes:
        equations: in order of execution.
        last: per equation, the values that nothing reads after it.
        stretches: product of two values of the input -> what it ends.
        inside: values that are read inside stretches alone: nobody needs their energy.
    """

    equations: tuple[Equation, ...]
    last: tuple[tuple[int, ...], ...]
    stretches: dict[int, Stretch]
    inside: frozenset[int]


def needed(program: Program, target: int) -> Needed:
    """What the value ``target`` needs."""
    equations = slices.backward_slice(program.equations, [target])
    found, inside = stretches(equations, program.dependent)

    def inner(eq: Equation) -> tuple[int, ...]:
        stretch = found.get(eq.outputs[0])
        return stretch.values if stretch else ()

    last = slices.last_uses(equations, [target], also=inner)
    return Needed(tuple(equations), tuple(last), found, inside)
