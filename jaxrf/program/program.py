"""The flat program: a jaxpr with every call inlined, dead equations gone, and names made global."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxrf.program import compat
from jaxrf.text.paths import relative

if TYPE_CHECKING:
    from jaxrf.program.constants import Known
    from jaxrf.program.magnitude import Extremes
    from jaxrf.program.partial_constants import Decided

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
        states: of an opaque equation, which no rule may touch: what it reads and replaces beyond
            its operands and results, one entry each, the values last among ``inputs`` and
            ``outputs``. The entry is the position of the operand that refers to it, or None for
            the world outside.
    """

    primitive: Any
    params: dict[str, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    in_shapes: tuple[tuple[int, ...], ...]
    out_shapes: tuple[tuple[int, ...], ...]
    sources: tuple[Any, ...]
    scope: str
    states: tuple[int | None, ...] = ()

    @property
    def name(self) -> str:
        """Name of the primitive."""
        return self.primitive.name

    @cached_property
    def source(self) -> str:
        """file:line of the user's code; of a library's where the user's is not to be found."""
        places = [place for source in self.sources for place in compat.source_lines(source)]
        own = (place for place in places if not compat.is_library(place))
        return relative(next(own, places[0] if places else ""))

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
        known: values that follow from the code alone.
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
    def readers(self) -> dict[int, list[Equation]]:
        """Value number -> the equations that read it, in order of execution."""
        found: dict[int, list[Equation]] = {}
        for eq in self.equations:
            for number in dict.fromkeys(eq.inputs):
                found.setdefault(number, []).append(eq)
        return found

    @cached_property
    def decided(self) -> dict[int, Decided | None]:
        """What :func:`jaxrf.program.partial_constants.decided` has found out so far."""
        return {}

    @cached_property
    def extremes(self) -> dict[int, Extremes | None]:
        """What :func:`jaxrf.program.magnitude.extremes` has found out so far."""
        return {}

    def dtype(self, number: int) -> Any:
        """The dtype of a value; None where it has none (tokens, references)."""
        if number in self.constants:
            return self.constants[number].dtype
        return self.dtypes.get(number)

    def fold(self, number: int) -> np.ndarray | None:
        """The value as an index, predicate or size; None where it is a weight or an input."""
        return self.known.get(number)
