"""Constant folding: values that follow from the code of a model alone, computed on demand.

What counts as code and what as a weight is decided in :mod:`jaxrf.program.value_kinds`. Values are
computed in the dtypes that the model was traced with. Where a compiled program may round otherwise,
with another outcome, there are alternatives (:mod:`jaxrf.program.rounding`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxrf.frameworks.array_kinds import Kind
from jaxrf.program.compiled import compiled
from jaxrf.program.equation import Equation
from jaxrf.program.evaluate import evaluate
from jaxrf.program.reading import resolve
from jaxrf.program.rounding import Alternatives, agreed, cuts, is_float, is_settled, moved
from jaxrf.program.value_kinds import is_drawn, is_mark, result_kind

__all__ = ["ConstantFolding"]


class ConstantFolding:
    """Known values by number, and the equations that make more of them.

    Attributes:
        values: value number -> array, those of weights among them.
        kinds: value number -> kind of evidence that its value is.
    """

    def __init__(self) -> None:
        self.values: dict[int, Any] = {}
        self.kinds: dict[int, Kind] = {}
        self._made: dict[int, Equation] = {}
        self._weights: set[int] = set()  # never worth computing
        self._has: dict[int, bool] = {}  # whether it is known, as far as somebody asked
        self._rounded: set[int] = set()  # floats that were computed
        self._cut: set[int] = set()  # what was decided by such floats
        self._others: dict[int, Alternatives | None] = {}
        self._compiled: dict[int, list[np.ndarray]] = {}

    def give(self, number: int, value: Any, kind: Kind = Kind.FACT) -> None:
        """Add a literal or a captured array."""
        self.values[number], self.kinds[number] = value, kind
        self._has[number] = True
        if kind == Kind.WEIGHT:
            self._weights.add(number)

    def add(self, equation: Equation) -> None:
        """Add an equation; it is folded if all its operands have a value or can be given one."""
        if is_drawn(equation):
            return
        if all(i in self.values or i in self._made for i in equation.inputs):
            self._made.update(dict.fromkeys(equation.outputs, equation))
            if not is_mark(equation) and not self._weights.isdisjoint(equation.inputs):
                self._weights.update(equation.outputs)

    def get(self, number: int) -> np.ndarray | None:
        """The value as an index, a predicate or a size; None where the code does not decide it."""
        value = self._up_to(Kind.STORED, number)
        return None if value is None or not self._agreed(number, value).all() else value

    def candidates(self, number: int) -> list[np.ndarray]:
        """All possible values as an index or predicate; none where the code decides nothing."""
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

    def elsewhere(self, number: int) -> Alternatives | None:
        """What other roundings make of a fact; None where they make the same."""
        return None if self.fact(number) is None else self._shaken(number)

    def _agreed(self, number: int, value: np.ndarray) -> np.ndarray:
        """Bool, broadcastable to the value: where rounding cannot change it."""
        others = self._alternatives(number)
        return agreed(value, others) if others else np.ones((1,) * value.ndim, bool)

    def _alternatives(self, number: int) -> list[np.ndarray]:
        """Other values that compiled programs may compute for a known one, if any."""
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

    def _shaken(self, number: int) -> Alternatives | None:
        """A value that is computed already, computed again with results moved a little."""
        return resolve(number, self._others, self._shaken_by, self._shake)

    def _shaken_by(self, number: int) -> tuple[int, ...]:
        """What is moved a little before a value: nothing, where it is no such number itself."""
        moves = number in self._cut or number in self._rounded
        return self._made[number].inputs if moves else ()

    def _shake(self, number: int) -> None:
        if number not in self._cut and number not in self._rounded:
            self._others[number] = None
            return
        equation = self._made[number]
        operands = [np.asarray(self.values[i]) for i in equation.inputs]
        results = [np.asarray(self.values[i]) for i in equation.outputs]
        others = moved(equation, operands, results, [self._others[i] for i in equation.inputs])
        self._others.update(zip(equation.outputs, others, strict=True))

    def _up_to(self, kind: Kind, number: int) -> np.ndarray | None:
        if number in self._weights or not self._computed(number):
            return None
        return np.asarray(self.values[number]) if self.kinds[number] <= kind else None

    def _computed(self, number: int) -> bool:
        """Compute a value and all that it needs; whether it has one."""
        if number not in self.values and number not in self._made:
            return False
        return resolve(number, self._has, self._computed_from, self._compute)

    def _computed_from(self, number: int) -> tuple[int, ...]:
        """What a value is computed from; nothing where some of that has no value."""
        inputs = self._made[number].inputs
        return () if any(self._has.get(i) is False for i in inputs) else inputs

    def _compute(self, number: int) -> None:
        equation = self._made[number]
        if not all(map(self._has.get, equation.inputs)):
            self._has.update(dict.fromkeys(equation.outputs, False))
            return
        operands = [np.asarray(self.values[i]) for i in equation.inputs]
        results = evaluate(equation, operands)
        self._has.update(dict.fromkeys(equation.outputs, results is not None))
        if results is None:
            return
        kind = result_kind(equation, [self.kinds[i] for i in equation.inputs], operands.__getitem__)
        for output, result in zip(equation.outputs, results, strict=True):
            self.values[output], self.kinds[output] = result, kind
        self._note(equation, operands, results)

    def _note(self, equation: Equation, operands: Sequence[Any], results: Sequence[Any]) -> None:
        """Whether the results are floats that were computed, or follow from a decision by some."""
        rounded = not self._rounded.isdisjoint(equation.inputs)
        if not self._cut.isdisjoint(equation.inputs) or (
            rounded and cuts(equation, operands, results)
        ):
            self._cut.update(equation.outputs)
        if operands and any(map(is_float, results)):
            self._rounded.update(equation.outputs)
