"""Values that follow from the code of a model alone, computed when they are asked for.

What counts as code and what as a weight is decided in :mod:`jaxrf.program.stored`. Values are
computed in the dtypes that the model was traced with. Where a compiled program may round otherwise,
with another outcome, there are alternatives (:mod:`jaxrf.program.rounding`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxrf.frameworks.stored import Kind
from jaxrf.program.compiled import compiled
from jaxrf.program.equation import Equation
from jaxrf.program.evaluate import evaluate
from jaxrf.program.rounding import Others, agreed, cuts, is_float, is_settled, moved
from jaxrf.program.stored import is_drawn, is_mark, joined

__all__ = ["ConstantFolding"]


class ConstantFolding:
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
        self._rounded: set[int] = set()  # floats that were computed
        self._cut: set[int] = set()  # what was decided by such floats
        self._others: dict[int, Others | None] = {}
        self._compiled: dict[int, list[np.ndarray]] = {}

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
        value = self._up_to(Kind.STORED, number)
        return None if value is None or not self._agreed(number, value).all() else value

    def candidates(self, number: int) -> list[np.ndarray]:
        """All values that it may have, for choosing; none where nothing says it."""
        value = self._up_to(Kind.STORED, number)
        if value is None:
            return []
        others = self._alternatives(number)
        return [value] if agreed(value, others).all() else [value, *others]

    def fact(self, number: int) -> tuple[np.ndarray, np.ndarray] | None:
        """(which elements are known, the value), zeros included.

        None where it is a weight or depends on an input. The first is broadcastable to the value.
        """
        value = self._up_to(Kind.FACT, number)
        return None if value is None else (self._agreed(number, value), value)

    def _agreed(self, number: int, value: np.ndarray) -> np.ndarray:
        """Where rounding makes no other value of it, broadcastable to it."""
        others = self._alternatives(number)
        return agreed(value, others) if others else np.ones((1,) * value.ndim, bool)

    def _alternatives(self, number: int) -> list[np.ndarray]:
        """What compiled programs may make of a value that is computed already; none: just that."""
        if number not in self._cut:
            return []
        if number not in self._compiled:
            value, others = self.values[number], self._shaken(number)
            doubtful = others is not None and not agreed(value, others.cut).all()
            made: list[np.ndarray] | None = []
            if doubtful:
                equations, leaves = self._origin(number)
                made = compiled(equations, leaves, number)
                if others and (made is None or not all(self._plain(eq) for eq in equations)):
                    made = [*(made or ()), *others.cut]
            self._compiled[number] = made or []
        return self._compiled[number]

    def _plain(self, equation: Equation) -> bool:
        """Whether an equation makes whole numbers, or floats alike wherever it stands."""
        return self._rounded.isdisjoint(equation.outputs) or is_settled(equation)

    def _origin(self, number: int) -> tuple[list[Equation], dict[int, Any]]:
        """The equations that a value follows from, in order, and what they read."""
        equations: dict[int, Equation] = {}
        leaves: dict[int, Any] = {}
        pending, seen = [number], set()
        while pending:
            last = pending.pop()
            if last in seen:
                continue
            seen.add(last)
            equation = self._made.get(last)
            if equation is None:
                leaves[last] = self.values[last]
            else:
                equations[min(equation.outputs)] = equation
                pending += equation.inputs
        return [equations[n] for n in sorted(equations)], leaves

    def _shaken(self, number: int) -> Others | None:
        """A value that is computed already, computed again with results moved a little."""
        pending = [number]
        while pending:
            last = pending[-1]
            if last in self._others:
                pending.pop()
                continue
            if last not in self._cut and last not in self._rounded:
                self._others[last] = None
                continue
            equation = self._made[last]
            missing = [i for i in equation.inputs if i not in self._others]
            if missing:
                pending += missing
                continue
            operands = [np.asarray(self.values[i]) for i in equation.inputs]
            results = [np.asarray(self.values[i]) for i in equation.outputs]
            others = moved(equation, operands, results, [self._others[i] for i in equation.inputs])
            self._others.update(zip(equation.outputs, others, strict=True))
        return self._others[number]

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
            self._note(equation, operands, results)
        return number in self.values

    def _note(self, equation: Equation, operands, results) -> None:
        """Whether the results are floats that were computed, or follow from a decision by some."""
        rounded = not self._rounded.isdisjoint(equation.inputs)
        if not self._cut.isdisjoint(equation.inputs):
            self._cut.update(equation.outputs)
        elif rounded and cuts(equation, operands, results):
            self._cut.update(equation.outputs)
        if operands and any(map(is_float, results)):
            self._rounded.update(equation.outputs)
