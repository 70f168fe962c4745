"""A program, cut to a box of one of its values: what measurements run.

Boxes of a feature map are along the dimensions of its
:class:`~jaxrf.theory.solve.outputs.OutputGrid`: where one dimension of the array holds several axes
row by row, as tokens do, each axis has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp

from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.program.program import Program
from jaxrf.restriction.bounds import Bounds, infer
from jaxrf.restriction.boxes import Box, whole
from jaxrf.restriction.calls import equations_with_calls
from jaxrf.restriction.execute import run
from jaxrf.restriction.rules import RESTRICTION as RESTRICTION  # its rules are registered
from jaxrf.theory.flops import flops

__all__ = ["CutModel", "cut_model"]

_KEPT = 32  # restrictions of a program, of 1 MB each for a thousand equations


@dataclass(frozen=True, eq=False)
class CutModel:
    """One box of a feature map.

    Attributes:
        program: the whole one.
        box: along all dimensions of the feature map's grid.
        bounds: of the program.
        equations: that the bounds were inferred of.
    """

    program: Program
    box: Box
    bounds: Bounds
    equations: tuple[Equation, ...]

    @cached_property
    def input_boxes(self) -> tuple[Box | None, ...]:
        """The box of every input; None of one that is not read."""
        return tuple(self.bounds.held.get(n) for n in self.program.inputs)

    @property
    def key(self) -> Hashable:
        """Equal for boxes that are one compiled program."""
        return self.bounds.key

    def crop(self, inputs: Sequence[Any]) -> list[Any]:
        """The parts of whole inputs that are read; None of one that is not."""
        return [
            None if box is None else x[tuple(slice(*span) for span in box)]
            for x, box in zip(inputs, self.input_boxes, strict=True)
        ]

    def value(self, variables: Any, crops: Sequence[Any], tables: Any = None) -> jax.Array:
        """The box of the feature map; traceable.

        Args:
            variables: of the model.
            crops: as :meth:`crop` gives them.
            tables: of a box with the same key; this one's by default.
        """
        program, leaves = self.program, jax.tree.leaves(variables)
        weights = dict(zip(program.arguments[: len(leaves)], leaves, strict=True))
        given = {
            number: x
            for number, x, box in zip(program.inputs, crops, self.input_boxes, strict=True)
            if box is not None
        }
        tables = self.bounds.tables if tables is None else tables
        (found,) = run(self.bounds, given, weights, tables)
        return jnp.asarray(found)

    @property
    def compiled(self) -> Callable[..., jax.Array]:
        """(variables, crops, tables) -> box, compiled once for all boxes with this key."""
        known = self.program.findings("compiled restrictions")
        if self.key not in known:
            _keep(known, self.key, jax.jit(self.value))
        compiled: Callable[..., jax.Array] = known[self.key]
        return compiled

    @cached_property
    def flops(self) -> int:
        """Operations of the cut program."""
        return sum(flops(step.equation) for step in self.bounds.steps)

    @cached_property
    def whole_flops(self) -> int:
        """Operations of the same program on whole values."""
        return sum(flops(step.whole) for step in self.bounds.steps)


def cut_model(
    program: Program, number: int, box: Box | None = None, *, grid: Sequence[int] | None = None
) -> CutModel:
    """Cut a program to a box of one of its values.

    Args:
        program: flat.
        number: of the value.
        box: along all dimensions of the grid; None is all of it.
        grid: the shape of the value with its axes in dimensions of their own; by default that of
            its array.
    """
    shape = program.shapes[number]
    grid = shape if grid is None else tuple(grid)
    box = whole(grid) if box is None else box
    known = program.findings("restrictions")
    if (number, grid, box) not in known:
        _keep(known, (number, grid, box), _cut(program, number, box, grid))
    cut: CutModel = known[number, grid, box]
    return cut


def _keep(known: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep a value, and forget the oldest ones that are too many."""
    while len(known) >= _KEPT:
        known.pop(next(iter(known)))
    known[key] = value


def _cut(program: Program, number: int, box: Box, grid: tuple[int, ...]) -> CutModel:
    shape = program.shapes[number]
    equations = equations_with_calls(program, [number])
    if grid != shape:
        equations.append(_reshaped(number, len(program.shapes), shape, grid, program.dtype(number)))
        number = len(program.shapes)
    bounds = infer(program, equations, [(number, box)], program.inputs)
    return CutModel(program, box, bounds, tuple(equations))


def _reshaped(
    source: int, target: int, shape: Sequence[int], grid: Sequence[int], dtype: Any
) -> Equation:
    """The equation that gives every axis of an end-point a dimension of its own."""
    aval = jax.ShapeDtypeStruct(tuple(shape), dtype)
    jaxpr, _ = compat.open_jaxpr(jax.make_jaxpr(lambda x: jax.lax.reshape(x, tuple(grid)))(aval))
    (eqn,) = jaxpr.eqns
    return Equation(
        *(eqn.primitive, eqn.params, (source,), (target,)),
        *((tuple(shape),), (tuple(grid),), (eqn.source_info,), ""),
    )
