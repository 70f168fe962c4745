"""Flat program -> :class:`~jaxrf.geometry.graph.Graph`: each equation in the words of the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any
from weakref import WeakKeyDictionary

from jaxrf.frameworks.endpoints import OF_MODULE
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.node import Node
from jaxrf.geometry.words import Concatenate, Move, OperandRead, Read
from jaxrf.program.broadcast import compressed
from jaxrf.program.equation import Equation
from jaxrf.program.offset_positions import reads_offset_positions
from jaxrf.program.program import Program
from jaxrf.program.reading import interpret
from jaxrf.program.trace import Traced
from jaxrf.theory.flops import flops
from jaxrf.theory.operation_names import words
from jaxrf.theory.rules import THEORY
from jaxrf.theory.rules.read_builders import along, crop
from jaxrf.theory.rules.site import Dependence, Elsewhere, Ring, Site, Steps
from jaxrf.theory.shape_check import matches_shapes

__all__ = ["TracedGraph", "build", "graph_of"]


@dataclass(frozen=True, eq=False)
class TracedGraph:
    """A graph and where the values of its program are in it.

    Attributes:
        graph: one node per value that the input can influence, and those in between.
        node_of: value number -> node index.
        unknown: nodes whose operation has no rule; they depend on everything.
    """

    graph: Graph
    node_of: dict[int, int]
    unknown: tuple[int, ...]


_GRAPHS: WeakKeyDictionary[Traced, TracedGraph] = WeakKeyDictionary()


def graph_of(traced: Traced) -> TracedGraph:
    """The program of a traced model in the words of the graph, built once per traced model."""
    if traced not in _GRAPHS:
        _GRAPHS[traced] = build(traced.program)
    return _GRAPHS[traced]


def build(program: Program) -> TracedGraph:
    """Translate every equation that the input can influence."""
    builder = _Builder(program)
    interpret(program.equations, builder.node_of, builder.add, reached=True)
    return TracedGraph(builder.graph, builder.node_of, tuple(builder.unknown))


class _Builder:
    """A graph in the making."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.graph = Graph()
        self.node_of: dict[int, int] = {}
        self.unknown: list[int] = []
        self.names: Counter[str] = Counter()
        self.counted: set[Equation] = set()
        self.alike: dict[tuple[Any, ...], Read] = {}
        self.reads: dict[int, tuple[Read, Read]] = {}
        for number in program.inputs:
            self.node_of[number] = self._leaf("input", number)

    def add(self, eq: Equation, operands: Sequence[int | None]) -> list[int | None]:
        """One node per output of the equation, and the steps that lead to it."""
        dependences, exact = self._dependences(eq)
        cost = flops(eq)
        nodes: list[int | None] = []
        for n, (dependence, shape) in enumerate(zip(dependences, eq.out_shapes, strict=True)):
            reads: tuple[OperandRead, ...] | Move
            if isinstance(dependence, Move):
                reads = dependence
                read_from = [
                    self._leaf("constant", i) if node is None else node
                    for i, node in dependence.moved(tuple(zip(eq.inputs, operands, strict=True)))
                ]
            else:
                numbers = eq.inputs
                if isinstance(dependence, Elsewhere):
                    numbers, cost = dependence.numbers, cost + self._cost(dependence.through)
                    dependence = dependence.reads
                reads, read_from = self._operands(eq, numbers, dependence)
                if not read_from:  # this output reads only what the input cannot influence
                    nodes.append(None)
                    continue
            node = Node(
                self._node_name(eq),
                eq.name,
                tuple(read_from),
                reads,
                shape,
                exact,
                eq.scope,
                cost * (n == 0),
                eq.locate,
                partial(words, self.program, eq),
            )
            nodes.append(index := self.graph.append(node))
            if not exact:
                self.unknown.append(index)
        return nodes

    def _dependences(self, eq: Equation) -> tuple[list[Dependence], bool]:
        """(dependence of every output, whether it is exact); everything where no rule fits."""
        dependence = THEORY(Site(eq, program=self.program))
        if dependence is not None:
            dependences = (
                dependence if isinstance(dependence, list) else [dependence] * len(eq.outputs)
            )
            if all(map(self._fits, dependences, repeat(eq), eq.out_shapes)):
                exact = all(each.exact for each in dependences if isinstance(each, Elsewhere))
                return dependences, exact and not reads_offset_positions(self.program, eq)
        everything = [
            tuple(Read.everything(len(shape)) for _ in eq.inputs) for shape in eq.out_shapes
        ]
        return list(everything), False

    def _fits(self, dependence: Dependence, eq: Equation, output: tuple[int, ...]) -> bool:
        """Whether the dependence of an output fits the shapes of its equation."""
        if isinstance(dependence, Elsewhere):
            return matches_shapes(
                dependence.reads, [self.program.shapes[n] for n in dependence.numbers], output
            )
        return matches_shapes(dependence, eq.in_shapes, output)

    def _cost(self, equations: Sequence[Equation]) -> int:
        """Operations of equations that no operand leads to any more, counted once."""
        new = [eq for eq in equations if eq not in self.counted]
        self.counted.update(new)
        return sum(map(flops, new))

    def _operands(
        self, eq: Equation, numbers: Sequence[int], dependence: Sequence[OperandRead | Steps | None]
    ) -> tuple[tuple[OperandRead, ...], list[int]]:
        """The operands that the input can influence, and how they are read."""
        reads: list[OperandRead] = []
        operands: list[int] = []
        for number, read in zip(numbers, dependence, strict=True):
            if number not in self.node_of or read is None:
                continue
            operand = self.node_of[number]
            if isinstance(read, Steps):
                operand = self._stepped(eq, operand, read)
                rank = len(read.steps[-1][1])
                reads.append(self._shared(Read.elementwise(rank)))
            else:
                reads.append(self._shared(read))
            operands.append(operand)
        return tuple(reads), operands

    def _shared(self, read: OperandRead) -> OperandRead:
        """One object for reads that say the same, so that repeats can be told by identity."""
        if not isinstance(read, Read):
            return read
        if read.where is not None:
            return Read(read.dims, compressed(read.where))
        if id(read) not in self.reads:
            one = self.alike.setdefault(read.dims, read)
            self.reads[id(read)] = one, read  # held, so that its id stays its own
        return self.reads[id(read)][0]

    def _stepped(self, eq: Equation, operand: int, steps: Steps) -> int:
        """The nodes between an operand and the output; returns the last of them."""
        for dependence, shape in steps.steps:
            if isinstance(dependence, Ring):
                operand = self._ring(eq, operand, dependence, shape)
            else:
                reads = dependence if isinstance(dependence, Move) else (dependence,)
                operand = self._step(eq, (operand,), reads, shape)
        return operand

    def _step(
        self, eq: Equation, operands: tuple[int, ...], reads: Any, shape: tuple[int, ...]
    ) -> int:
        name = self._name(eq.scope, f"{eq.name}.step")
        return self.graph.append(
            Node(
                *(name, eq.name, operands, reads, shape, True, eq.scope, 0, eq.locate),
                partial(words, self.program, eq),
            )
        )

    def _ring(self, eq: Equation, operand: int, ring: Ring, shape: tuple[int, ...]) -> int:
        """Its ends laid around the operand, as models pad circularly."""
        length = shape[ring.dim] - ring.before - ring.after
        around = [(length - ring.before, ring.before), None, (0, ring.after)]
        pieces = []
        for piece in around:
            if piece is None:
                pieces.append(operand)
            elif piece[1]:
                start, size = piece
                read = along(len(shape), {ring.dim: crop(start, size, length)})
                cut = (*shape[: ring.dim], size, *shape[ring.dim + 1 :])
                pieces.append(self._step(eq, (operand,), (self._shared(read),), cut))
        return self._step(eq, tuple(pieces), Concatenate(ring.dim), shape)

    def _leaf(self, op: str, number: int) -> int:
        """A node without operands: an input, or a piece that no input can influence."""
        shape = self.program.shapes[number]
        return self.graph.append(Node(self._name("", op), op, shape=shape))

    def _node_name(self, eq: Equation) -> str:
        """The name of a node: the user's mark, or its scope and primitive."""
        if eq.name == "name":
            return self._name("", eq.params["name"].removeprefix(OF_MODULE))
        return self._name(eq.scope, eq.name)

    def _name(self, scope: str, op: str) -> str:
        """Unique: scope, primitive and a counter."""
        stem = f"{scope}/{op}" if scope else op
        self.names[stem] += 1
        count = self.names[stem]
        return stem if count == 1 else f"{stem}.{count}"
