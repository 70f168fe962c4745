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

from jaxrf.errors import InvalidGraph, InvalidInput
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.misalignment import Misalignment
from jaxrf.geometry.node import Node
from jaxrf.geometry.periodic_law import CONSTANT, Law
from jaxrf.geometry.words import Concatenate, Move, Rearrangement, Reshape
from jaxrf.theory.solve.alignment import Disagreement
from jaxrf.theory.solve.factors import VIEW
from jaxrf.theory.solve.global_reads import ExactSets, GlobalReads
from jaxrf.theory.solve.joins import concatenated, joined
from jaxrf.theory.solve.memo import Memo
from jaxrf.theory.solve.node_field import NodeField
from jaxrf.theory.solve.read import read_operand

__all__ = ["AxisSolution", "solve_intervals"]


@dataclass(frozen=True, eq=False)
class AxisSolution:
    """The forward pass along one input axis.

    Attributes:
        axis: axis of the input.
        fields: one per node; None for nodes that the input cannot influence.
        misaligned: every join whose operands disagree, keyed by node index.
    """

    axis: int
    fields: list[NodeField | None]
    misaligned: dict[int, Misalignment]

    def field(self, node: int) -> NodeField:
        """The field of a node that the input can influence.

        Raises:
            InvalidInput: the input cannot influence the node.
        """
        field = self.fields[node]
        if field is None:
            raise InvalidInput(
                f"axis {self.axis}: node {node} does not depend on the input, need one that does"
            )
        return field


def solve_intervals(
    graph: Graph, axis: int, *, source: int = 0, sets: ExactSets | None = None
) -> AxisSolution:
    """The field of every node along ``axis`` of the input node ``source``.

    One visit per node; another one where an operation seemed to see the whole axis and its exact
    set has gaps (see :mod:`jaxrf.theory.solve.global_reads`).

    Args:
        graph: with shapes.
        axis: of the input.
        source: index of the input node.
        sets: exact sets that were worked out for other axes.

    Raises:
        InvalidGraph: a graph built by hand without shapes.
    """
    reads = GlobalReads(sets or ExactSets(graph, source), axis)
    while True:
        forward = _Pass(graph, axis, source, reads)
        fields = forward.run()
        if not (false := reads.unconfirmed(fields) - reads.vetoed):
            break
        reads.vetoed |= false
    named = {i: _named(graph, graph.nodes[i], f, axis) for i, f in forward.found.items()}
    return AxisSolution(axis, fields, named)


class _Pass:
    """One forward pass.

    Attributes:
        found: node -> what its operands disagree about.
    """

    def __init__(self, graph: Graph, axis: int, source: int, reads: GlobalReads) -> None:
        self.graph, self.axis, self.source, self.reads = graph, axis, source, reads
        self.shapes = [node.full_shape for node in graph.nodes]
        self.found: dict[int, Disagreement] = {}
        self.memo = Memo()

    def run(self) -> list[NodeField | None]:
        """The fields of all nodes; None of those that the input cannot influence."""
        fields: list[NodeField | None] = []
        for index, node in enumerate(self.graph.nodes):
            fields.append(self._field(index, node, fields))
        return fields

    def _field(self, index: int, node: Node, fields: list[NodeField | None]) -> NodeField | None:
        output, shapes = self.shapes[index], self.shapes
        if index == self.source:
            return self.memo.interned(_input(output, self.axis))
        if 0 in output:  # no element that could see anything
            return None
        first = fields[node.operands[0]] if node.operands else None
        if node.is_elementwise and all(
            fields[i] is first and len(shapes[i]) == len(output) for i in node.operands
        ):
            return first
        operands = [(fields[i], shapes[i]) for i in node.operands]
        if all(field is None for field, _ in operands):
            return None
        key = self.memo.key(node, operands, output)
        known = self.memo.known(key) if node.exact else None
        if known is not None and index not in self.reads.vetoed:
            return known
        field = self._step(node, operands, output, index)
        if field.lost is None and None in field.laws:
            field = replace(field, lost=index)
        field = self.memo.interned(field)
        if index not in self.found and index not in (field.seen, field.unknown, field.lost):
            self.memo.remember(key, field)
        return field

    def _step(
        self,
        node: Node,
        operands: list[tuple[NodeField | None, tuple[int, ...]]],
        output: tuple[int, ...],
        index: int,
    ) -> NodeField:
        """The field of a node from those of its operands, of which the input reaches some."""
        dependence, some = node.dependence, [field for field, _ in operands if field is not None]
        if isinstance(dependence, Rearrangement):
            field = _rearranged(some[0], dependence, operands[0][1], output)
        elif isinstance(dependence, Concatenate):
            length = self.shapes[self.source][self.axis]
            field = concatenated(operands, output, dependence, index, self.found, length)
        elif isinstance(dependence, Move):
            raise InvalidGraph(
                f"graph: {node.name} moves several operands by {dependence}, need one"
            )
        else:
            parts = [
                None
                if part is None
                else read_operand(part, shape, read, output, (index, operand), self.reads)
                for operand, (part, shape), read in zip(
                    node.operands, operands, dependence, strict=True
                )
            ]
            field = joined(parts, index, self.found, dependence)
        if not node.exact and field.unknown is None:
            field = replace(field, unknown=index)
        return field


def _input(shape: tuple[int, ...], axis: int) -> NodeField:
    """The input sees itself: index i of ``axis`` reaches [i, i]."""
    index = np.arange(shape[axis], dtype=np.int64)
    lengths = [n if d == axis else 1 for d, n in enumerate(shape)]
    intervals = np.stack([index, -index]).reshape(2, *lengths)
    laws = tuple(Law(1, 1) if d == axis else CONSTANT for d in range(len(shape)))
    return NodeField(intervals, intervals, laws, frozenset({axis}))


def _rearranged(
    field: NodeField, dependence: Rearrangement, before: tuple[int, ...], after: tuple[int, ...]
) -> NodeField:
    """The field of a node that moves the elements of its operand."""
    if isinstance(dependence, Reshape) and before == after:
        return field
    exact, virtual, laws, carriers = dependence.forward(
        field.exact, field.virtual, field.laws, field.carriers, before, after
    )
    return replace(field, exact=exact, virtual=virtual, laws=laws, carriers=carriers, pieces=None)


def _shown(graph: Graph, index: int) -> Node:
    """A node, or what it is a view of."""
    node = graph.nodes[index]
    return _shown(graph, node.operands[0]) if node.op == VIEW else node


def _named(graph: Graph, node: Node, found: Disagreement, axis: int) -> Misalignment:
    """A misalignment in the words of the graph."""
    first, second = (_shown(graph, node.operands[i]).name for i in found.operands)
    return Misalignment(node.name, (first, second), found.rates, found.offsets, axis, node.source)
