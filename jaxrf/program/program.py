"""The flat program: a jaxpr with every call inlined, dead equations gone, and names made global."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from jaxrf.program.constants import ConstantFolding
from jaxrf.program.equation import Equation

__all__ = ["Call", "Program"]


@dataclass(frozen=True, eq=False)
class Call:
    """A call of a function with a derivative of its own, which is written out like any other.

    Attributes:
        equation: the call itself, on the numbers of its operands and results.
        equations: what it is written out as.
    """

    equation: Equation
    equations: tuple[Equation, ...]


@dataclass(frozen=True, eq=False)
class Program:
    """A flat list of equations.

    Attributes:
        equations: in order of execution, dead ones removed.
        shapes: value number -> shape.
        arguments: value numbers of all arguments, parameters first.
        inputs: value numbers of the network's input.
        outputs: value numbers of its outputs.
        folding: the values that follow from the code alone.
        constants: value number -> every literal and captured array, weights included.
        dependent: value numbers that the input can influence.
        dtypes: value number -> dtype, of arguments and of what equations make.
        calls: of functions with derivatives of their own, each behind those that it contains.
    """

    equations: tuple[Equation, ...]
    shapes: tuple[tuple[int, ...], ...]
    arguments: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    folding: ConstantFolding
    constants: dict[int, Any]
    dependent: frozenset[int]
    dtypes: dict[int, Any] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()

    @cached_property
    def made(self) -> dict[int, Equation]:
        """Value number -> the equation that makes it."""
        return {number: eq for eq in self.equations for number in eq.outputs}

    @cached_property
    def readers(self) -> dict[int, list[Equation]]:
        """Value number -> the equations that read it, in order of execution."""
        found: dict[int, list[Equation]] = {}
        for eq in self.equations:
            for number in dict.fromkeys(eq.inputs):
                found.setdefault(number, []).append(eq)
        return found

    @cached_property
    def _findings(self) -> dict[str, dict[Any, Any]]:
        return {}

    def findings(self, what: str) -> dict[Any, Any]:
        """A cache of findings, about values by their number, kept as long as the program.

        Args:
            what: name of the question; the caller fills the table.
        """
        return self._findings.setdefault(what, {})

    def dtype(self, number: int) -> Any:
        """The dtype of a value; None where it has none (tokens, references)."""
        if number in self.constants:
            return self.constants[number].dtype
        return self.dtypes.get(number)

    def fold(self, number: int) -> np.ndarray | None:
        """The value as an index, predicate or size; None where it is a weight or an input."""
        return self.folding.get(number)
