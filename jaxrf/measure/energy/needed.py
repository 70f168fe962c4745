"""What of a program the energy of one end-point needs, and until when."""

from __future__ import annotations

from dataclasses import dataclass

from jaxrf.measure.energy.products import Stretch, stretches
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program

__all__ = ["Needed", "needed"]


@dataclass(frozen=True, eq=False)
class Needed:
    """The part of a program behind one value.

    Attributes:
        equations: in order of execution.
        last: result of an equation -> the values that nothing reads after it.
        stretches: product of two values of the input -> what it ends.
        inside: values that are read inside stretches alone: nobody needs their energy.
    """

    equations: tuple[Equation, ...]
    last: dict[int, tuple[int, ...]]
    stretches: dict[int, Stretch]
    inside: frozenset[int]


def needed(program: Program, target: int) -> Needed:
    """What the value ``target`` needs."""
    wanted, backwards = {target}, []
    for eq in reversed(program.equations):
        if not wanted.isdisjoint(eq.outputs):
            wanted.update(eq.inputs)
            backwards.append(eq)
    found, inside = stretches(backwards[::-1], program.dependent)
    seen, last = {target}, {}
    for eq in backwards:
        stretch = found.get(eq.outputs[0])
        reads = dict.fromkeys((*eq.inputs, *(stretch.values if stretch else ())))
        last[eq.outputs[0]] = tuple(i for i in reads if i not in seen)
        seen.update(reads)
    return Needed(tuple(backwards[::-1]), last, found, inside)
