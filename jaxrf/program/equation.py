"""One application of a primitive, in a program whose values are numbered throughout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jaxrf.program import compat
from jaxrf.text.paths import relative

__all__ = ["Equation"]


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
        return str(self.primitive.name)

    @cached_property
    def source(self) -> str:
        """file:line of the user's code; of a library's where the user's is not to be found."""
        places = [place for source in self.sources for place in compat.source_lines(source)]
        own = (place for place in places if not compat.is_library(place))
        return relative(next(own, places[0] if places else ""))

    def locate(self) -> str:
        """The source, as a function."""
        return self.source
