"""What rules may ask about an equation: values that no input or weight decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jaxrf.program.partial_constants import Decided, decided
from jaxrf.program.program import Equation, Program

__all__ = ["Facts"]


@dataclass(frozen=True, eq=False)
class Facts:
    """Calling it with an operand's position gives its value where that is known, else None."""

    program: Program
    equation: Equation

    def __call__(self, n: int) -> np.ndarray | None:
        """The value of operand ``n``, for choosing; None where it is a weight or an input."""
        return self.program.fold(self.equation.inputs[n])

    def candidates(self, n: int) -> list[np.ndarray]:
        """All values that operand ``n`` may have, for choosing; several where rounding decides."""
        return self.program.known.candidates(self.equation.inputs[n])

    def decided(self, n: int) -> Decided | None:
        """The known elements of operand ``n``; None where there are none."""
        return decided(self.program, self.equation.inputs[n])

    def result(self) -> Decided | None:
        """The known elements of the first output; None where there are none."""
        return decided(self.program, self.equation.outputs[0])

    def nonzero(self, n: int) -> np.ndarray | None:
        """Bool, broadcastable to operand ``n``: where it may differ from zero; None: anywhere."""
        part = self.decided(n)
        if part is None:
            return None
        zero = part.mask & (part.values == 0)
        return ~zero if zero.any() else None
