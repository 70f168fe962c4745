"""An equation with what is known of its operands whatever the weights and the inputs are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from jaxrf.program.partial_constants import Decided, decided
from jaxrf.program.program import Program
from jaxrf.program.reading import Site

__all__ = ["Facts"]


@dataclass(eq=False)
class Facts(Site):
    """A site whose rule may ask for values that follow from the code of the model alone.

    Attributes:
        program: that the equation stands in.
    """

    program: Program = field(kw_only=True)

    def fold(self, n: int) -> np.ndarray | None:
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
