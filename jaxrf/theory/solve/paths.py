"""The article's algorithm for arbitrary graphs: one visit per node in reverse topological order.

For every feature map l it keeps the field (r_l, S_l, P_l) of the end-point with respect to l, by
eqs (1), (9) and (10), and checks eqs (12) and (13) wherever two paths meet again, at a cost of
O(|E| + |L|). Where they do not hold, a forward pass of the same cost names the joins to blame.

Source: Araujo, Norris and Sim, Distill 2019, "Algorithm for computing receptive field parameters".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import lcm
from typing import ClassVar

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import InvalidGraph
from jaxrf.geometry.field import AxisField
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.misalignment import Misalignment
from jaxrf.geometry.node import Node
from jaxrf.geometry.periodic_maps import IDENTITY_MAP, Periodic, compose, union
from jaxrf.geometry.words import OperandRead
from jaxrf.text.result import Result

__all__ = ["Paths", "solve_paths"]


@dataclass(frozen=True, repr=False)
class Paths(Result):
    """Fields of one end-point with respect to every feature map that reaches it.

    Attributes:
        maps: name of a feature map -> field with respect to it.
        misaligned: joins at which eqs (12), (13) fail, first in topological order first.
        opaque: names of nodes through which the dimension cannot be followed as a window (global
            operations, reshapes, unknown operations): paths through them are left out.
    """

    REPORT: ClassVar[str] = "paths"

    maps: dict[str, AxisField]
    misaligned: tuple[Misalignment, ...]
    opaque: tuple[str, ...]

    @property
    def aligned(self) -> bool:
        """Whether eqs (12) and (13) hold at every join below the end-point."""
        return not self.misaligned


def solve_paths(graph: Graph, output: str, *, dim: int = 0) -> Paths:
    """Fields of ``output`` along its dimension ``dim`` with respect to every feature map.

    >>> from jaxrf.geometry.layers import Layer
    >>> g = Graph()
    >>> x = g.input("x")
    >>> a = g.add("a", Layer(3, 2, ((1, 0),)), of=x)
    >>> b = g.add("b", Layer(1, 2), of=a)
    >>> c = g.add("c", Layer(1, 4), of=x)
    >>> field = solve_paths(g, g.add("add", of=[b, c])).maps["x"]
    >>> field.size, field.stride, field.padding, field.aligned
    (3, Fraction(4, 1), 1, True)

    Raises:
        InvalidGraph: no node is called ``output``, or it has no such dimension.
    """
    check_arguments(solve_paths, locals())
    last = graph.index(output)
    shape = graph.nodes[last].shape
    rank = graph.rank if shape is None else len(shape)
    if not 0 <= dim < rank:
        raise InvalidGraph(f"dim: got {dim}, need 0 to {rank - 1} for {output}")
    state: dict[int, tuple[int, Periodic]] = {last: (dim, IDENTITY_MAP)}
    opaque: list[str] = []
    conflict: set[int] = set()
    tainted: set[int] = set()  # feature maps at or below a conflict
    for index in range(last, -1, -1):
        if index not in state:
            continue
        node, (at, field) = graph.nodes[index], state[index]
        for operand, read in _reads(node):
            step = _follow(read, at)
            if step is None:
                opaque.append(node.name)
                continue
            source, window = step
            reached = compose(field, window)
            if operand in state:
                source, reached, aligned = _merge(state[operand], (source, reached))
                if not aligned:
                    conflict.add(operand)
            state[operand] = (source, reached)
            if index in tainted or operand in conflict:
                tainted.add(operand)
    bad = _blame(graph, sorted(conflict), state, last) if conflict else ()
    maps = {
        graph.nodes[i].name: f.axis_field(d, _length(graph.nodes[i], d), aligned=i not in tainted)
        for i, (d, f) in state.items()
    }
    return Paths(maps, bad, tuple(dict.fromkeys(opaque)))


def _length(node: Node, dim: int) -> int | None:
    """The length of a dimension; None where the graph does not say."""
    return node.shape[dim] if node.shape else None


def _reads(node: Node) -> Iterable[tuple[int, OperandRead | None]]:
    """(operand, read) pairs; a node that only moves elements cannot be followed as windows."""
    if isinstance(node.dependence, tuple):
        return zip(node.operands, node.dependence, strict=True)
    return ((operand, None) for operand in node.operands)


def _follow(read: OperandRead | None, dim: int) -> tuple[int, Periodic] | None:
    """The operand dimension and the map through which output dimension ``dim`` reads."""
    parts = () if read is None else read.parts
    step = parts[0].dims[dim] if len(parts) == 1 and parts[0].where is None else None
    reached = None if step is None else step[1].periodic_map()
    return None if step is None or reached is None else (step[0], reached)


def _merge(old: tuple[int, Periodic], new: tuple[int, Periodic]) -> tuple[int, Periodic, bool]:
    """Two paths into one feature map: (dimension, field, eqs (12) and (13) hold)."""
    (dim, a), (other_dim, b) = old, new
    both = union(a, b) if dim == other_dim else None
    if both is None:
        return (*(old if a.size >= b.size else new), False)
    return dim, both, _same_centers(a, b)


def _same_centers(a: Periodic, b: Periodic) -> bool:
    period = lcm(len(a.lows), len(b.lows))
    return a.doubled_centers(period) == b.doubled_centers(period)


def _blame(
    graph: Graph, origins: Iterable[int], state: Mapping[int, tuple[int, Periodic]], last: int
) -> tuple[Misalignment, ...]:
    """Forward from each feature map where paths disagree: the joins whose operands do."""
    found: dict[str, Misalignment] = {}
    for origin in origins:
        forward: dict[int, tuple[int, Periodic]] = {origin: (state[origin][0], IDENTITY_MAP)}
        for index in range(origin + 1, last + 1):
            if index not in state:
                continue
            node, reached = graph.nodes[index], []
            for operand, read in _reads(node):
                step = _follow(read, state[index][0])
                if step is not None and operand in forward:
                    reached.append((operand, compose(step[1], forward[operand][1])))
            if not reached:
                continue
            field = reached[0][1]
            for operand, other in reached[1:]:
                merged = union(field, other)
                if merged is None or not _same_centers(field, other):
                    first = graph.nodes[reached[0][0]].name
                    names = (first, graph.nodes[operand].name)
                    found.setdefault(
                        node.name,
                        _misalignment(
                            node,
                            names,
                            (field, other),
                            axis=forward[origin][0],
                            outputs=_length(node, state[index][0]),
                        ),
                    )
                field = merged or max(field, other, key=lambda p: p.size)
            forward[index] = (state[index][0], field)
        if found:
            break  # the disagreement nearest to the input explains those above it
    return tuple(found.values())


def _misalignment(
    node: Node,
    names: tuple[str, str],
    fields: tuple[Periodic, Periodic],
    *,
    axis: int,
    outputs: int | None,
) -> Misalignment:
    a, b = fields
    count = max(2, lcm(len(a.lows), len(b.lows)))
    if a.stride != b.stride and outputs is not None:
        count = outputs  # the gap grows from output to output, and ends with them
    pairs = zip(a.doubled_centers(count), b.doubled_centers(count), strict=True)
    gaps = [(y - x) / 2 for x, y in pairs]
    return Misalignment(
        node.name, names, (a.stride, b.stride), (min(gaps), max(gaps)), axis, node.source
    )
