"""The flat program: a jaxpr with every call inlined, dead equations gone, and names made global."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxrf.trace import compat

if TYPE_CHECKING:
    from jaxrf.trace.decided import Decided
    from jaxrf.trace.known import Known

__all__ = ["Equation", "Program"]


@dataclass(frozen=True, eq=False)
class Equation:
    """One primitive application. Values are numbered through the whole program.

    Attributes:
        primitive: the JAX primitive; ``name`` is what rules match.
        params: its parameters.
        inputs: value numbers of its operands.
        outputs: value numbers of its results.
        in_shapes: shapes of the operands.
        out_shapes: shapes of the results.
        sources: JAX's records of the line that made it and, outwards, of the calls it stands in;
            inside a jitted function of a library only a call may lead to the user's code.
        scope: accumulated name scope.
    """

    primitive: Any
    params: dict[str, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    in_shapes: tuple[tuple[int, ...], ...]
    out_shapes: tuple[tuple[int, ...], ...]
    sources: tuple[Any, ...]
    scope: str

    @property
    def name(self) -> str:
        """Name of the primitive."""
        return self.primitive.name

    @cached_property
    def source(self) -> str:
        """file:line of the user's code."""
        return next(filter(None, map(compat.source_line, self.sources)), "")

    def locate(self) -> str:
        """The source, as a function."""
        return self.source


@dataclass(frozen=True, eq=False)
class Program:
    """A flat list of equations.

    Attributes:
        equations: in order of execution, dead ones removed.
        shapes: value number -> shape.
        arguments: value numbers of all arguments, parameters first.
        inputs: value numbers of the network's input.
        outputs: value numbers of its outputs.
        known: values that follow from literals and integer constants alone.
        constants: value number -> every literal and captured array, weights included.
        dependent: value numbers that the input can influence.
        dtypes: value number -> dtype, of arguments and of what equations make.
    """

    equations: tuple[Equation, ...]
    shapes: tuple[tuple[int, ...], ...]
    arguments: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    known: Known
    constants: dict[int, Any]
    dependent: frozenset[int]
    dtypes: dict[int, Any] = field(default_factory=dict)

    @cached_property
    def made(self) -> dict[int, Equation]:
        """Value number -> the equation that makes it."""
        return {number: eq for eq in self.equations for number in eq.outputs}

    @cached_property
    def decided(self) -> dict[int, Decided | None]:
        """What :func:`jaxrf.trace.decided.decided` has found out so far."""
        return {}

    def dtype(self, number: int) -> Any:
        """The dtype of a value; None where it has none (tokens, references)."""
        if number in self.constants:
            return self.constants[number].dtype
        return self.dtypes.get(number)

    def fold(self, number: int) -> np.ndarray | None:
        """The value, where it follows from known ones; None where it is a weight or an input."""
        return self.known.get(number)
