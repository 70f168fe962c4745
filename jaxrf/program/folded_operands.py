"""``FoldedOperands``: an equation with those values of its operands that the code alone decides."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from jaxrf.program.partial_constants import PartialConstant, partial_constant
from jaxrf.program.program import Program
from jaxrf.program.reading import Site

__all__ = ["FoldedOperands"]


@dataclass(eq=False)
class FoldedOperands(Site):
    """A site whose rule may ask for values that follow from the code of the model alone.

    Attributes:
        program: the program of the equation.
    """

    program: Program = field(kw_only=True)

    def fold(self, n: int) -> np.ndarray | None:
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
