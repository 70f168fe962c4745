"""Equations of a flat program, run once more on other values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jaxrf.program import compat
from jaxrf.program.equation import Equation

__all__ = ["replayed"]


def replayed(equations: Iterable[Equation], values: Mapping[int, Any]) -> dict[int, Any]:
    """The values, and the results of equations on them: value number -> array."""
    known = dict(values)
    for eq in equations:
        results = compat.bind(eq, *(known[i] for i in eq.inputs))
        known.update(zip(eq.outputs, results, strict=True))
    return known
