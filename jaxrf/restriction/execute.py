"""Run a cut program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax

from jaxrf.program.slices import last_uses
from jaxrf.restriction.bounds import Bounds, Step
from jaxrf.restriction.boxes import lengths, offsets, part_of

__all__ = ["run"]


def run(
    bounds: Bounds,
    given: Mapping[int, Any],
    weights: Mapping[int, Any],
    tables: Sequence[Sequence[Any]],
) -> list[Any]:
    """The wanted boxes, in their order; traceable.

    Args:
        bounds: of the program.
        given: value number -> what is handed over, cut to the box in which it is held.
        weights: value number -> whole value, of arguments that are not handed over.
        tables: of ``bounds``, or of other bounds with the same key.
    """
    program, values = bounds.program, dict(given)
    for leaf, (table,) in zip(bounds.leaves, tables, strict=False):
        if leaf.known is not None:
            values[leaf.number] = jnp.asarray(table if leaf.part else leaf.known)
            continue
        constant = program.constants.get(leaf.number)
        value = weights[leaf.number] if constant is None else constant
        if leaf.part:
            value = lax.dynamic_slice(jnp.asarray(value), list(table), lengths(leaf.box))
        values[leaf.number] = value
    last = last_uses([step.whole for step in bounds.steps], [n for n, _ in bounds.wanted])
    of_steps = tables[len(bounds.leaves) :]
    for step, own, gone in zip(bounds.steps, of_steps, last, strict=True):
        values.update(_results(step, values, own))
        for number in gone:
            values.pop(number, None)
    return [
        part_of(values[number], offsets(box, bounds.held[number]), lengths(box))
        for number, box in bounds.wanted
    ]


def _results(step: Step, values: Mapping[int, Any], tables: Sequence[Any]) -> dict[int, Any]:
    """What one step makes, of the results that are wanted."""
    operands = [
        None if start is None else part_of(values[number], start, shape)
        for number, start, shape in zip(
            step.whole.inputs, step.starts, step.equation.in_shapes, strict=True
        )
    ]
    results = step.cut.apply(step.equation, operands, tables, *step.cut.static)
    found = {}
    for number, result, box, crop in zip(
        step.whole.outputs, results, step.wanted, step.crops, strict=True
    ):
        if box is not None:
            found[number] = result if crop is None else part_of(result, *crop)
    return found
