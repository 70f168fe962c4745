"""Solve a traced model: the forward pass along every spatial axis of one input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jaxrf.program.trace import Traced
from jaxrf.theory.build import graph_of
from jaxrf.theory.input_axes import axes_of_input
from jaxrf.theory.solve.factors import Factored, factored
from jaxrf.theory.solve.global_reads import ExactSets
from jaxrf.theory.solve.intervals import AxisSolution, solve_intervals
from jaxrf.theory.solve.memory import check_memory

__all__ = ["ModelSolution", "solve_model"]


class ModelSolution(NamedTuple):
    """The parts of a :class:`jaxrf.Analysis` other than the traced model."""

    spatial_axes: tuple[int, ...]
    view: Factored
    solutions: tuple[AxisSolution, ...]
    source: int
    assumed: tuple[str, ...]


def solve_model(
    traced: Traced,
    source: int,
    given: Sequence[int] | None,
    *,
    named: bool,
    taken: tuple[str, ...] = (),
) -> ModelSolution:
    """Solve a model along the axes of an input.

    Args:
        traced: the model.
        source: number of the input.
        given: its spatial axes, where the user names them.
        named: whether the user names the input.
        taken: one line per assumption that was made before.

    Raises:
        InvalidInput: no spatial axis, or one that the input does not have; no room in memory.
    """
    axes, assumed = axes_of_input(traced, source, given, named=named)
    view = factored(graph_of(traced).graph, axes=axes, source=source)
    check_memory(view.graph, traced.inputs[source].shape)
    start = view.index[source]
    sets = ExactSets(view.graph, start)
    solutions = tuple(solve_intervals(view.graph, axis, source=start, sets=sets) for axis in axes)
    return ModelSolution(axes, view, solutions, source, (*taken, *assumed))
