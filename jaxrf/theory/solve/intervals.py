"""Interval fields of every node in one forward pass, virtual and exact.

Each node carries, per input axis, integer arrays *broadcastable to its own shape* (length 1 on
every dimension they do not vary along), so they stay tiny; see
:mod:`jaxrf.geometry.interval_arrays`.

Two readings differ only in what an index outside the operand returns. **Exact**: nothing.
**Virtual**: the periodic law of the operand (:mod:`jaxrf.geometry.periodic_law`), padding counted
as real.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.misalignment import Misalignment
from jaxrf.geometry.node import Node
from jaxrf.geometry.periodic_law import CONSTANT, Law
from jaxrf.geometry.words import Concatenate, Rearrangement, Reshape
from jaxrf.theory.solve.alignment import Disagreement
from jaxrf.theory.solve.factors import VIEW
from jaxrf.theory.solve.joins import concatenated, joined
from jaxrf.theory.solve.reach import Reach
from jaxrf.theory.solve.read import read_operand
from jaxrf.theory.solve.repeats import Repeats
from jaxrf.theory.solve.whole import Sets, Whole

__all__ = ["AxisSolution", "solve_intervals"]


@dataclass(frozen=True, eq=False)
class AxisSolution:
    """The forward pass along one input axis.

    Attributes:
        axis: axis of the input.
        reaches: one a node; None for nodes that the input cannot influence.
        misaligned: every join whose operands disagree, keyed by node index.
    """

    axis: int
    reaches: list[Reach | None]
    misaligned: dict[int, Misalignment]

    def reach(self, node: int) -> Reach:
        """The reach of a node that the input can influence.

        Raises:
            InvalidInput: it cannot.
        """
        reach = self.reaches[node]
        if reach is None:
            raise InvalidInput(
                f"axis {self.axis}: node {node} does not depend on the input, need one that does"
            )
        return reach


def solve_intervals(
    graph: Graph, axis: int, *, source: int = 0, sets: Sets | None = None
) -> AxisSolution:
    """The reach of every node along ``axis`` of the input node ``source``.

    One visit per node; another one where an operation seemed to see the whole axis and its exact
    set has gaps (see :mod:`jaxrf.theory.solve.whole`).

    Args:
        graph: with shapes.
        axis: of the input.
        source: index of the input node.
        sets: exact sets that were worked out for other axes.

    Raises:
        InvalidGraph: a graph built by hand without shapes.
    """
    whole = Whole(sets or Sets(graph, source), axis)
    while True:
        forward = _Pass(graph, axis, source, whole)
        reaches = forward.run()
        if not (false := whole.unconfirmed(reaches) - whole.vetoed):
            break
        whole.vetoed |= false
    named = {i: _named(graph, graph.nodes[i], f, axis) for i, f in forward.found.items()}
    return AxisSolution(axis, reaches, named)


class _Pass:
    """One forward pass.

    Attributes:
        found: node -> what its operands disagree about.
    """

    def __init__(self, graph: Graph, axis: int, source: int, whole: Whole):
        self.graph, self.axis, self.source, self.whole = graph, axis, source, whole
        self.shapes = [node.full_shape for node in graph.nodes]
        self.found: dict[int, Disagreement] = {}
        self.repeats = Repeats()

    def run(self) -> list[Reach | None]:
        """The reaches of all nodes; None of those that the input cannot influence."""
        reaches: list[Reach | None] = []
        for index, node in enumerate(self.graph.nodes):
            reaches.append(self._reach(index, node, reaches))
        return reaches

    def _reach(self, index: int, node: Node, reaches: list[Reach | None]) -> Reach | None:
        output, shapes = self.shapes[index], self.shapes
        if index == self.source:
            return self.repeats.one(_input(output, self.axis))
        if 0 in output:  # no element that could see anything
            return None
        first = reaches[node.operands[0]] if node.operands else None
        if node.is_elementwise and all(
            reaches[i] is first and len(shapes[i]) == len(output) for i in node.operands
        ):
            return first
        operands = [(reaches[i], shapes[i]) for i in node.operands]
        if all(reach is None for reach, _ in operands):
            return None
        key = self.repeats.key(node, operands, output)
        known = self.repeats.step(key) if node.exact else None
        if known is not None and index not in self.whole.vetoed:
            return known
        reach = self._step(node, operands, output, index)
        if reach.lost is None and None in reach.laws:
            reach = replace(reach, lost=index)
        reach = self.repeats.one(reach)
        if index not in self.found and index not in (reach.seen, reach.unknown, reach.lost):
            self.repeats.remember(key, reach)
        return reach

    def _step(
        self,
        node: Node,
        operands: list[tuple[Reach | None, tuple[int, ...]]],
        output: tuple[int, ...],
        index: int,
    ) -> Reach:
        """The reach of a node from those of its operands, of which the input reaches some."""
        how, some = node.how, [reach for reach, _ in operands if reach is not None]
        if isinstance(how, Rearrangement):
            reach = _rearranged(some[0], how, operands[0][1], output)
        elif isinstance(how, Concatenate):
            length = self.shapes[self.source][self.axis]
            reach = concatenated(operands, output, how, index, self.found, length)
        elif len(operands) == 1:
            place = (index, node.operands[0])
            reach = read_operand(some[0], operands[0][1], how[0], output, place, self.whole)
        else:
            parts = [
                None
                if reach is None
                else read_operand(reach, shape, read, output, (index, operand), self.whole)
                for operand, (reach, shape), read in zip(node.operands, operands, how, strict=True)
            ]
            reach = joined(parts, index, self.found, how)
        if not node.exact and reach.unknown is None:
            reach = replace(reach, unknown=index)
        return reach


def _input(shape: tuple[int, ...], axis: int) -> Reach:
    """The input sees itself: index i of ``axis`` reaches [i, i]."""
    index = np.arange(shape[axis], dtype=np.int64)
    lengths = [n if d == axis else 1 for d, n in enumerate(shape)]
    spans = np.stack([index, -index]).reshape(2, *lengths)
    laws = tuple(Law(1, 1) if d == axis else CONSTANT for d in range(len(shape)))
    return Reach(spans, spans, laws, frozenset({axis}))


def _rearranged(
    reach: Reach, how: Rearrangement, before: tuple[int, ...], after: tuple[int, ...]
) -> Reach:
    """What a node sees that moves the elements of its operand."""
    if isinstance(how, Reshape) and before == after:
        return reach
    exact, virtual, laws, carriers = how.forward(
        reach.exact, reach.virtual, reach.laws, reach.carriers, before, after
    )
    return replace(reach, exact=exact, virtual=virtual, laws=laws, carriers=carriers, pieces=None)


def _shown(graph: Graph, index: int) -> Node:
    """A node, or what it is a view of."""
    node = graph.nodes[index]
    return _shown(graph, node.operands[0]) if node.op == VIEW else node


def _named(graph: Graph, node: Node, found: Disagreement, axis: int) -> Misalignment:
    """A misalignment in the words of the graph."""
    first, second = (_shown(graph, node.operands[i]).name for i in found.operands)
    return Misalignment(node.name, (first, second), found.rates, found.offsets, axis, node.source)
