"""Plain execution: the equations of a flat program, run on other values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.reading import Reading, Site, interpret

__all__ = ["EXECUTION", "replayed"]

EXECUTION: Reading[Site, list[Any]] = Reading(
    "execution", default=lambda site: compat.bind(site.equation, *site.operands)
)


def replayed(
    equations: Sequence[Equation],
    values: Mapping[int, Any],
    wanted: Collection[int] | None = None,
) -> dict[int, Any]:
    """The values, and the results of equations on them: value number -> array.

    Args:
        equations: in order of execution.
        values: of everything that they read.
        wanted: run what these need, and keep nothing else; None: run all.
    """
    known = dict(values)
    interpret(equations, known, lambda eq, operands: EXECUTION(Site(eq, operands)), wanted=wanted)
    return known
