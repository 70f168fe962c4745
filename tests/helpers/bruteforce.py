"""Graphs at random, and their fields by walking every single path: exponential and obvious."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from jaxrf.geometry.graph import Graph
from jaxrf.geometry.layers import Layer

__all__ = ["Path", "aligned_graphs", "any_graphs", "consistent", "paths_between"]

Path = tuple[int, int, int]  # r, S, P of the end-point with respect to the start of the path


def paths_between(graph: Graph, start: str, end: str) -> list[Path]:
    """(r, S, P) of every path, by moving the interval of outputs 0 and 1 down, layer by layer."""

    def walk(node, first, second):
        if node.name == start:
            yield first[1] - first[0] + 1, second[0] - first[0], -first[0]
        for index, read in zip(node.operands, node.dependence, strict=True):
            (_, w), *_ = read.dims
            below = [
                (
                    low * w.stride - w.before,
                    high * w.stride - w.before + (w.kernel - 1) * w.dilation,
                )
                for low, high in (first, second)
            ]
            yield from walk(graph.nodes[index], *below)

    return list(walk(graph[end], (0, 0), (1, 1)))


def consistent(paths: list[Path]) -> bool:
    """Eqs (12) and (13): one stride and one centre -P + (r - 1) / 2."""
    return len({(s, -p + Fraction(r - 1, 2)) for r, s, p in paths}) <= 1


@st.composite
def aligned_graphs(draw) -> Graph:
    """Odd kernels, centred; operands of a join have one total stride: aligned by construction."""
    graph = Graph()
    strides = {graph.input("x", shape=(400,)): 1}
    for i in range(draw(st.integers(1, 12))):
        name = f"n{i}"
        if i and draw(st.booleans()):
            wanted = strides[draw(st.sampled_from(list(strides)))]
            same = [n for n, s in strides.items() if s == wanted]
            of = draw(st.lists(st.sampled_from(same), min_size=2, max_size=3, unique=False))
            strides[graph.add(name, of=of)] = wanted
            continue
        operand = draw(st.sampled_from(list(strides)))
        kernel, dilation = draw(st.sampled_from([1, 3, 5])), draw(st.integers(1, 2))
        stride = draw(st.sampled_from([1, 1, 2])) if strides[operand] < 8 else 1
        layer = Layer(kernel, stride, dilation * (kernel - 1) // 2, dilation)
        strides[graph.add(name, layer, of=operand)] = strides[operand] * stride
    return graph


@st.composite
def any_graphs(draw) -> Graph:
    """Any kernels, strides and paddings, joined as they come; no shapes."""
    graph = Graph()
    names = [graph.input("x")]
    for i in range(draw(st.integers(2, 9))):
        kernel, stride = draw(st.integers(1, 4)), draw(st.sampled_from([1, 1, 1, 2, 3]))
        sides = st.integers(-1, 3)
        layer = Layer(kernel, stride, ((draw(sides), draw(sides)),))
        of = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        names.append(graph.add(f"n{i}", layer if draw(st.booleans()) else None, of=of))
    return graph
