"""The values of a program that depend neither on inputs nor on weights, computed by JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from jaxrf.frameworks.array_kinds import Kind
from jaxrf.program import compat
from jaxrf.program.broadcast import compressed
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program
from jaxrf.program.reading import resolve
from jaxrf.program.value_kinds import is_drawn, is_mark, result_kind

__all__ = ["StaticValues", "run"]


def run(equation: Equation, operands: Sequence[Any]) -> list[np.ndarray] | None:
    """The results of an equation on arrays, in their own dtypes; None where it cannot run alone."""
    try:
        with jax.ensure_compile_time_eval(), compat.float64():  # no dtype is changed in 64 bits
            return [np.asarray(r) for r in compat.bind(equation, *operands)]
    except Exception:  # whatever keeps it from running: then it is not known
        return None


class StaticValues:
    """Values by number, computed on demand; dimensions along which nothing varies have length 1."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._found: dict[int, tuple[np.ndarray, Kind] | None] = {}
        self._can: set[int] = set()
        self._weights: set[int] = set()
        for number in program.constants:
            kind = program.folding.kinds.get(number)
            if kind is not None:
                self._can.add(number)
            if kind == Kind.WEIGHT:
                self._weights.add(number)
        for eq in program.equations:
            if is_drawn(eq) or not self._can.issuperset(eq.inputs):
                continue
            self._can.update(eq.outputs)
            if not is_mark(eq) and not self._weights.isdisjoint(eq.inputs):
                self._weights.update(eq.outputs)

    def may(self, number: int) -> bool:
        """Whether a value may be known, before anything is run."""
        return number in self._can and number not in self._weights

    def value(self, number: int, worst: Kind) -> np.ndarray | None:
        """The value, broadcastable to its shape, if its kind is at most ``worst``; else None."""
        if not self.may(number):
            return None
        found = resolve(number, self._found, self._needs, self._make)
        return found[0] if found is not None and found[1] <= worst else None

    def _needs(self, number: int) -> tuple[int, ...]:
        return () if number in self.program.constants else self.program.made[number].inputs

    def _make(self, number: int) -> None:
        if number in self.program.constants:
            value = np.asarray(self.program.constants[number])
            self._found[number] = compressed(value), self.program.folding.kinds[number]
        else:
            self._run(self.program.made[number])

    def _run(self, eq: Equation) -> None:
        self._found.update(dict.fromkeys(eq.outputs))
        known = [self._found[i] for i in eq.inputs]
        operands, kinds = [], []
        for found, shape in zip(known, eq.in_shapes, strict=True):
            if found is None:
                return
            operands.append(np.broadcast_to(found[0], shape))
            kinds.append(found[1])
        results = run(eq, operands)
        if results is not None:
            kind = result_kind(eq, kinds, operands.__getitem__)
            made = ((compressed(result), kind) for result in results)
            self._found.update(zip(eq.outputs, made, strict=True))
