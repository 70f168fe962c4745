"""A word that no solver has heard of is solved like all others."""

from dataclasses import dataclass

import numpy as np

from jaxrf.geometry.graph import Graph
from jaxrf.geometry.index_tables import Table
from jaxrf.geometry.layers import Layer
from jaxrf.geometry.node import Node
from jaxrf.geometry.periodic_law import Law, through
from jaxrf.geometry.periodic_maps import Periodic
from jaxrf.geometry.words import Access, Read, Rearrangement, Reshape
from jaxrf.theory.shape_check import matches_shapes
from jaxrf.theory.solve.factors import factored
from jaxrf.theory.solve.fields import axis_field, output_dim
from jaxrf.theory.solve.intervals import solve_intervals
from jaxrf.theory.solve.paths import solve_paths
from jaxrf.theory.solve.support import solve_support
from jaxrf.theory.unread_inputs import outside_taps


@dataclass(frozen=True)
class Comb(Access):
    """Output u reads the inputs 2 u, 2 u + 3 and 2 u + 7."""

    teeth: tuple[int, ...] = (0, 3, 7)

    def index_table(self, outputs, inputs):
        indices = 2 * np.arange(outputs)[:, None] + np.array(self.teeth)
        return Table(indices, np.ones_like(indices, bool))

    def fits(self, inputs, outputs):
        return outputs == inputs // 2

    def law_through(self, law, *, inputs, outputs):
        return through(law, 1, 2)

    def forward(self, exact, virtual, law, **lengths):
        exact, virtual, _ = super().forward(exact, virtual, law, **lengths)
        inputs, outputs = lengths["inputs"], lengths["outputs"]
        return exact, virtual, self.law_through(law, inputs=inputs, outputs=outputs)

    def periodic_map(self):
        return Periodic((0,), (self.teeth[-1],), 2)


@dataclass(frozen=True)
class Reversed(Rearrangement):
    """All dimensions from back to front."""

    def fits(self, operands, output):
        return operands[0] == output

    def back(self, mask, operands, output):
        return (np.flip(mask),)

    def kept_dims(self, before, after):
        return {d: d for d in range(len(after))}

    def forward(self, exact, virtual, laws, carriers, operand, output):
        exact, virtual = (np.flip(a, range(1, a.ndim)) for a in (exact, virtual))
        turned = tuple(law and Law(law.period, -law.shift) for law in laws)
        return exact, virtual, turned, carriers


def solved(graph, name):
    """(field, support of every output) of a node of a graph with one axis."""
    view = factored(graph, axes=[0])
    node = view.index[graph.index(name)]
    solution = solve_intervals(view.graph, 0, source=view.index[0])
    shape, length = view.graph.nodes[node].full_shape, graph.nodes[0].full_shape[0]
    seen = solution.field(node)
    field = axis_field(
        seen, 0, length, lambda i: view.graph.nodes[i].label, shape, output_dim(seen)
    )
    masks = np.eye(graph[name].full_shape[0], dtype=bool)
    return field, [np.flatnonzero(solve_support(graph, graph.index(name), m)) for m in masks]


def test_an_access():
    graph = Graph()
    graph.input("x", shape=(40,))
    graph.add("conv", Layer(3, padding=1), of="x")
    read = (Read(((0, Comb()),)),)
    assert matches_shapes(read, [(40,)], (20,))
    assert not matches_shapes(read, [(40,)], (19,))
    graph.append(Node("comb", "comb", (1,), read, (20,)))
    graph.append(Node("sum", "add", (2, 2), (Read.elementwise(1),) * 2, (20,)))
    field, supports = solved(graph, "sum")
    assert (field.size, field.stride, field.padding) == (10, 2, 1)  # 2 u - 1 to 2 u + 8
    expected = {i + j for i in (10, 13, 17) for j in (-1, 0, 1)}
    assert set(supports[5].tolist()) == expected
    assert supports[19].tolist() == [37, 38, 39]  # the other two teeth are beyond the end
    assert (field.exact[19].low, field.exact[19].high) == (37, 39)
    paths = solve_paths(graph, "sum")
    assert (paths.maps["x"].size, paths.maps["x"].padding, paths.opaque) == (10, 1, ())
    assert [found.kernel for found in outside_taps(graph, 3)] == []


def test_an_access_beside_a_reshape_is_solved_in_factors():
    graph = Graph()
    graph.input("x", shape=(40,))
    graph.append(Node("rows", "reshape", (0,), Reshape(), (5, 8)))
    graph.append(Node("flat", "reshape", (1,), Reshape(), (40,)))
    graph.append(Node("comb", "comb", (2,), (Read(((0, Comb()),)),), (20,)))
    field, supports = solved(graph, "comb")
    assert (field.size, field.stride, field.padding) == (8, 2, 0)
    assert supports[3].tolist() == [6, 9, 13]


def test_a_move():
    graph = Graph()
    graph.input("x", shape=(12,))
    graph.add("conv", Layer(3, 1, ((2, 0),)), of="x")
    assert matches_shapes(Reversed(), [(12,)], (12,))
    assert not matches_shapes(Reversed(), [(12,)], (11,))
    graph.append(Node("back", "back", (1,), Reversed(), (12,)))
    field, supports = solved(graph, "back")
    assert (field.size, field.stride) == (3, -1)
    assert supports[0].tolist() == [9, 10, 11]
    assert supports[11].tolist() == [0]
    assert solve_paths(graph, "back").opaque == ("back",)


def test_a_move_behind_factors_is_read_merged():
    graph = Graph()
    graph.append(Node("x", "input", shape=(3, 4)))
    graph.append(Node("flat", "reshape", (0,), Reshape(), (12,)))
    graph.append(Node("back", "back", (1,), Reversed(), (12,)))
    view = factored(graph, axes=[0, 1])
    seen = solve_intervals(view.graph, 1).field(view.index[2])
    columns = np.broadcast_to(seen.exact[0], (12,))
    assert columns.tolist() == [3, 2, 1, 0] * 3
