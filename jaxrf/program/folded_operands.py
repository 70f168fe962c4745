"""What constant folding knows of an equation: what rules may ask about its operands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jaxrf.program.equation import Equation
from jaxrf.program.partial_constants import PartialConstant, partial_constant
from jaxrf.program.program import Program

__all__ = ["FoldedOperands"]


@dataclass(frozen=True, eq=False)
class FoldedOperands:
    """The values of an equation's operands, as far as no input and no weight decides them.

    Calling it with the position of an operand gives its value, or None.

    Attributes:
        program: the flat program.
        equation: the equation that a rule is applied to.
    """

    program: Program
    equation: Equation

    def __call__(self, n: int) -> np.ndarray | None:
        """The value of operand ``n``, for choosing; None where it is a weight or an input."""
        return self.program.fold(self.equation.inputs[n])

    def candidates(self, n: int) -> list[np.ndarray]:
        """All values that operand ``n`` may have, for choosing; several where rounding decides."""
        return self.program.folding.candidates(self.equation.inputs[n])

    def partial_constant(self, n: int) -> PartialConstant | None:
        """The known elements of operand ``n``; None where there are none."""
        return partial_constant(self.program, self.equation.inputs[n])

    def result(self) -> PartialConstant | None:
        """The known elements of the first output; None where there are none."""
        return partial_constant(self.program, self.equation.outputs[0])

    def nonzero(self, n: int) -> np.ndarray | None:
        """Bool, broadcastable to operand ``n``: where it may differ from zero; None: anywhere."""
        part = self.partial_constant(n)
        if part is None:
            return None
        zero = part.mask & (part.values == 0)
        return ~zero if zero.any() else None
