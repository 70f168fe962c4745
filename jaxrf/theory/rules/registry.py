"""One decorator, one table: primitive name -> the function that says how its outputs read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jaxrf.geometry.words import Move, OperandRead, Reshape
from jaxrf.program.facts import Facts
from jaxrf.program.program import Equation

__all__ = ["RULES", "Elsewhere", "How", "Ring", "Step", "Steps", "rule"]


@dataclass(frozen=True)
class Ring:
    """The operand along ``dim`` with its own last elements before it, its first ones after it.

    Attributes:
        dim: the dimension that comes round.
        before: how many of the last elements are laid before the first.
        after: how many of the first elements are laid after the last.
    """

    dim: int
    before: int
    after: int


Step = tuple[OperandRead | Reshape | Ring, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Steps:
    """An operand that is read through several nodes in a row.

    Attributes:
        steps: (how, shape of the node) each, from the operand to the output's own shape.
    """

    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """An output that is better said by other values than by the operands of its own equation.

    Attributes:
        numbers: of the values that it reads, in place of the operands; they come before it.
        reads: how it reads each of them.
        through: the equations in between, whose operations it then stands for.
        exact: False where the reads are an upper bound.
    """

    numbers: tuple[int, ...]
    reads: tuple[OperandRead | Steps, ...]
    through: tuple[Equation, ...] = ()
    exact: bool = True


How = tuple[OperandRead | Steps | None, ...] | Move | Elsewhere
RULES: dict[str, Callable[[Equation, Facts], How | list[How] | None]] = {}


def rule(*primitives: str):
    """Register a rule: ``(equation, fold) -> how``.

    A rule returns one How for all outputs, a list with one per output, or None where it cannot
    say: then everything depends on everything, and the result reports it. Within a How, None is an
    operand that is not read. ``fold`` is :class:`~jaxrf.program.facts.Facts`: ``fold(n)`` is the
    value of operand number n of the equation where it is known without parameters or inputs.
    """

    def register(function):
        for name in primitives:
            RULES[name] = function
        return function

    return register
