"""Flat program -> :class:`~jaxrf.graph.Graph`: each equation in the five words of the graph."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from jaxrf.graph import Concatenate, Graph, Node, Read, Reshape
from jaxrf.trace.flops import flops
from jaxrf.trace.program import Equation, Program
from jaxrf.trace.rules import RULES

__all__ = ["TracedGraph", "build"]


@dataclass(frozen=True, eq=False)
class TracedGraph:
    """A graph and where the values of its program are in it.

    Attributes:
        graph: one node per value that the input can influence.
        node_of: value number -> node index.
        unknown: nodes whose operation has no rule; they depend on everything.
    """

    graph: Graph
    node_of: dict[int, int]
    unknown: tuple[int, ...]


def build(program: Program) -> TracedGraph:
    """Translate every equation that the input can influence."""
    graph, node_of, unknown = Graph(), {}, []
    names = _Names()
    for number in program.inputs:
        shape = program.shapes[number]
        node_of[number] = graph.append(Node(names("", "input"), "input", shape=shape))

    def constant(number: int) -> int:
        """A node without operands: a piece of a concatenation that the input cannot influence."""
        shape = program.shapes[number]
        return graph.append(Node(names("", "constant"), "constant", shape=shape))

    for eq in program.equations:
        if node_of.keys().isdisjoint(eq.inputs):
            continue
        hows = _hows(eq, program)
        cost = flops(eq)
        for n, (number, shape) in enumerate(zip(eq.outputs, eq.out_shapes, strict=True)):
            how, exact = hows[n]
            if isinstance(how, Concatenate):
                operands = tuple(node_of[i] if i in node_of else constant(i) for i in eq.inputs)
            elif isinstance(how, Reshape):
                operands = (node_of[eq.inputs[0]],)
            else:
                pairs = [
                    (node_of[i], read)
                    for i, read in zip(eq.inputs, how, strict=True)
                    if i in node_of and read is not None
                ]
                operands = tuple(i for i, _ in pairs)
                how = tuple(read for _, read in pairs)
                if not operands:
                    continue  # this output reads only what the input cannot influence
            name = names(eq.scope, eq.name)
            node = Node(
                name, eq.name, operands, how, shape, exact, eq.source, eq.scope, cost * (n == 0)
            )
            node_of[number] = graph.append(node)
            if not exact:
                unknown.append(node_of[number])
    return TracedGraph(graph, node_of, tuple(unknown))


def _hows(eq: Equation, program: Program) -> list[tuple[tuple | Reshape | Concatenate, bool]]:
    """(how, exact) of every output; everything, and not exact, without a rule."""
    rule = RULES.get(eq.name)
    how = rule(eq, lambda n: program.fold(eq.inputs[n])) if rule else None
    if how is None:
        return [
            (tuple(Read.everything(len(shape)) for _ in eq.inputs), False)
            for shape in eq.out_shapes
        ]
    return [(h, True) for h in (how if isinstance(how, list) else [how] * len(eq.outputs))]


class _Names:
    """Unique node names: scope, primitive and a counter."""

    def __init__(self):
        self.counts: Counter[str] = Counter()

    def __call__(self, scope: str, op: str) -> str:
        stem = f"{scope}/{op}" if scope else op
        self.counts[stem] += 1
        count = self.counts[stem]
        return stem if count == 1 else f"{stem}.{count}"
