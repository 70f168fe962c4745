"""Values that follow from literals and integer constants alone, computed when they are asked for.

Captured float arrays are weights: a learned zero is not a missing connection, so they and what
comes of them are not known.
"""

from __future__ import annotations

import numpy as np

from jaxrf.trace.evaluate import evaluate
from jaxrf.trace.program import Equation

__all__ = ["Known"]

_RANDOM = ("random_", "rng_", "threefry")


class Known:
    """Known values by number, and the equations that make more of them.

    Attributes:
        values: value number -> array.
    """

    def __init__(self):
        self.values: dict[int, np.ndarray] = {}
        self._made: dict[int, Equation] = {}

    def give(self, number: int, value: np.ndarray) -> None:
        """A literal or an integer constant."""
        self.values[number] = value

    def add(self, equation: Equation) -> None:
        """An equation; it counts if all that it reads is known or can be made known."""
        if equation.name.startswith(_RANDOM):
            return  # weights that are drawn inside the model are weights
        if all(i in self.values or i in self._made for i in equation.inputs):
            self._made.update(dict.fromkeys(equation.outputs, equation))

    def get(self, number: int) -> np.ndarray | None:
        """The value; None where it depends on a weight or an input."""
        if number not in self.values and number not in self._made:
            return None
        pending = [number]
        while pending:
            last = pending[-1]
            if last in self.values:
                pending.pop()
                continue
            equation = self._made[last]
            missing = [i for i in equation.inputs if i not in self.values]
            if missing:
                pending += missing
                continue
            results = evaluate(equation, [self.values[i] for i in equation.inputs])
            if results is None:
                return None
            self.values.update(zip(equation.outputs, results, strict=True))
        return self.values[number]
