"""A traced model, cut to boxes of its end-points: what measurements run."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import jax

from jaxrf.program.trace import Traced
from jaxrf.restriction.bounds import Bounds, infer
from jaxrf.restriction.boxes import Box, whole
from jaxrf.restriction.calls import equations_with_calls
from jaxrf.restriction.execute import run
from jaxrf.restriction.rules import RESTRICTION as _RULES  # registers them
from jaxrf.theory.flops import flops

__all__ = ["CutModel", "cut_model"]


@dataclass(frozen=True, eq=False)
class CutModel:
    """One box of an end-point of a traced model.

    Attributes:
        traced: the whole model.
        endpoint: full name.
        box: of the end-point, along all its dimensions.
        bounds: of the program.
    """

    traced: Traced
    endpoint: str
    box: Box
    bounds: Bounds

    @cached_property
    def input_boxes(self) -> tuple[Box | None, ...]:
        """The box of every input; None of one that is not read."""
        return tuple(self.bounds.held.get(n) for n in self.traced.program.inputs)

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

    def value(self, variables: Any, crops: Sequence[Any], tables: Any = None) -> Any:
        """The box of the end-point; traceable.

        Args:
            variables: of the model.
            crops: as :meth:`crop` gives them.
            tables: of a box with the same key; this one's by default.
        """
        program = self.traced.program
        leaves = jax.tree.leaves(variables)
        weights = dict(zip(program.arguments[: len(leaves)], leaves, strict=True))
        given = {
            number: x
            for number, x in zip(program.inputs, crops, strict=True)
            if x is not None and number in self.bounds.held
        }
        tables = self.bounds.tables if tables is None else tables
        (found,) = run(self.bounds, given, weights, tables)
        return found

    @property
    def compiled(self) -> Callable[..., Any]:
        """(variables, crops, tables) -> box, compiled once for all boxes with this key."""
        known = _COMPILED.setdefault(self.traced, {})
        if self.key not in known:
            known[self.key] = jax.jit(self.value)
        return known[self.key]

    @cached_property
    def flops(self) -> int:
        """Operations of the cut program."""
        return sum(flops(step.equation) for step in self.bounds.steps)

    @cached_property
    def whole_flops(self) -> int:
        """Operations of the same equations on whole values."""
        return sum(flops(step.whole) for step in self.bounds.steps)


_COMPILED: WeakKeyDictionary[Traced, dict[Hashable, Callable[..., Any]]] = WeakKeyDictionary()


def cut_model(traced: Traced, endpoint: str, box: Box | None = None) -> CutModel:
    """Cut a traced model to a box of an end-point; all of it by default."""
    program, number = traced.program, traced.endpoints[endpoint]
    box = whole(program.shapes[number]) if box is None else box
    equations = equations_with_calls(program, [number])
    bounds = infer(program, equations, [(number, box)], program.inputs)
    return CutModel(traced, endpoint, box, bounds)
