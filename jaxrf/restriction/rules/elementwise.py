"""Elementwise operations: the wanted box of every operand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jaxrf.program import primitives
from jaxrf.program.equation import Equation
from jaxrf.restriction.site import RESTRICTION, Cut, CutSite, fitted

__all__ = ["elementwise", "hand_on", "passing"]


def hand_on(equation: Equation, operands: Sequence[Any], tables: Sequence[Any]) -> Sequence[Any]:
    """The operands as they are, result by result."""
    return operands[: len(equation.outputs)]


@RESTRICTION.rule(*primitives.elementwise(), *primitives.of_kind("select"))
def elementwise(site: CutSite) -> Cut:
    """Element by element; scalars stand for all."""
    return Cut(tuple(fitted(site.box, shape) for shape in site.in_shapes))


@RESTRICTION.rule(*primitives.of_kind("pass"))
def passing(site: CutSite) -> Cut:
    """Result n is operand n, on whichever device and however it is scheduled."""
    return Cut(tuple(site.wanted), apply=hand_on)


@RESTRICTION.rule("bitcast_convert_type")
def bitcast(site: CutSite) -> Cut | None:
    """Element by element where the numbers have one width."""
    same = site.in_shapes[0] == site.out_shapes[0]
    return Cut((site.box,)) if same else None
