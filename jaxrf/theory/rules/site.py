"""The reading of theory: the site that a rule is given, and the dependence that it returns."""

from __future__ import annotations

from dataclasses import dataclass

from jaxrf.geometry.words import Move, OperandRead, Reshape
from jaxrf.program.equation import Equation
from jaxrf.program.folded_operands import FoldedOperands as Site
from jaxrf.program.reading import Reading

__all__ = ["THEORY", "Dependence", "Elsewhere", "Ring", "Site", "Step", "Steps"]


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
        steps: (dependence, shape of the node) each, from the operand to the output's own shape.
    """

    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """An output that is described by reads of other values than the operands of its equation.

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


Dependence = tuple[OperandRead | Steps | None, ...] | Move | Elsewhere

# A rule returns one How for all outputs, or a list with one per output. Within a How, None is an
# operand that is not read. Where there is no rule, or it cannot say, everything depends on
# everything, and the result reports it. The lengths of a program may be symbolic: rules of theory
# are read for all sizes at once as well, and one that cannot compute with them says nothing.
THEORY: Reading[Site, Dependence | list[Dependence] | None] = Reading(
    "theory", default=lambda site: None, forgiving=True
)
