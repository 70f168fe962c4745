"""Values that follow from the code of a model alone, computed when they are asked for.

What counts as code and what as a weight is decided in :mod:`jaxrf.trace.stored`. Values are
computed in the dtypes that the model was traced with.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxrf.trace.evaluate import evaluate
from jaxrf.trace.program import Equation
from jaxrf.trace.stored import Kind, is_drawn, is_mark, joined

__all__ = ["Known"]


class Known:
    """Known values by number, and the equations that make more of them.

    Attributes:
        values: value number -> array, those of weights among them.
        kinds: value number -> what its value is worth.
    """

    def __init__(self):
        self.values: dict[int, Any] = {}
        self.kinds: dict[int, Kind] = {}
        self._made: dict[int, Equation] = {}
        self._weights: set[int] = set()  # never worth computing
        self._failed: set[int] = set()

    def give(self, number: int, value: Any, kind: Kind = Kind.FACT) -> None:
        """A literal or a captured array."""
        self.values[number], self.kinds[number] = value, kind
        if kind == Kind.WEIGHT:
            self._weights.add(number)

    def add(self, equation: Equation) -> None:
        """An equation; it counts if all that it reads has a value or can be given one."""
        if is_drawn(equation):
            return
        if all(i in self.values or i in self._made for i in equation.inputs):
            self._made.update(dict.fromkeys(equation.outputs, equation))
            if not is_mark(equation) and not self._weights.isdisjoint(equation.inputs):
                self._weights.update(equation.outputs)

    def get(self, number: int) -> np.ndarray | None:
        """The value, for choosing: as an index, a predicate, a size; None where nothing says it."""
        return self._up_to(Kind.STORED, number)

    def fact(self, number: int) -> np.ndarray | None:
        """The value, zeros included; None where it is a weight or depends on an input."""
        return self._up_to(Kind.FACT, number)

    def _up_to(self, kind: Kind, number: int) -> np.ndarray | None:
        if number in self._weights or not self._computed(number):
            return None
        return np.asarray(self.values[number]) if self.kinds[number] <= kind else None

    def _computed(self, number: int) -> bool:
        """Compute a value and all that it needs; whether it has one."""
        if number not in self.values and number not in self._made:
            return False
        pending = [number]
        while pending:
            last = pending[-1]
            if last in self.values or last in self._failed:
                pending.pop()
                continue
            equation = self._made[last]
            if not self._failed.isdisjoint(equation.inputs):
                self._failed.update(equation.outputs)
                continue
            missing = [i for i in equation.inputs if i not in self.values]
            if missing:
                pending += missing
                continue
            operands = [np.asarray(self.values[i]) for i in equation.inputs]
            results = evaluate(equation, operands)
            if results is None:
                self._failed.update(equation.outputs)
                continue
            kind = joined(equation, [self.kinds[i] for i in equation.inputs], operands.__getitem__)
            for output, result in zip(equation.outputs, results, strict=True):
                self.values[output], self.kinds[output] = result, kind
        return number in self.values
