"""Graphs built by hand: shapes follow, and mistakes are told at once.

Covers: geometry.node.
"""

import pytest

from jaxrf.errors import InvalidGraph, InvalidLayer
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.layers import Layer
from jaxrf.geometry.node import Node


def toy(length: int | None = 7) -> Graph:
    """The article's misaligned network."""
    graph = Graph()
    x = graph.input("x", shape=None if length is None else (length,))
    left = graph.add("left", Layer(5, 2, ((2, 1),)), of=x)
    right = graph.add("right", Layer(3), of=graph.add("right_1", Layer(3), of=x))
    graph.add("add", of=[left, right], op="add")
    return graph


def test_nodes_stand_in_order_and_are_found_by_name():
    graph = toy()
    assert [node.name for node in graph] == ["x", "left", "right_1", "right", "add"]
    assert graph.index("right") == 3
    assert [graph.nodes[i].name for i in graph["add"].operands] == ["left", "right"]
    assert len(graph) == 5


def test_shapes_follow_from_the_input():
    graph = toy()
    assert {n.name: n.shape for n in graph} == {
        "x": (7,),
        "left": (3,),  # 7 + 2 + 1 = 10 padded, windows of 5 at 0, 2, 4
        "right_1": (5,),
        "right": (3,),
        "add": (3,),
    }


def test_without_an_input_shape_there_are_none():
    graph = toy(None)
    assert all(node.shape is None for node in graph)
    with pytest.raises(InvalidGraph, match=r"node 'x' has no shape, need one"):
        _ = graph["x"].full_shape


def test_every_axis_has_its_own_window():
    graph = Graph(rank=2)
    graph.input("x", shape=(9, 10))
    graph.add("conv", Layer((3, 5), (1, 2), (0, (2, 2))), of="x")
    assert graph["conv"].shape == (7, 5)


def test_a_join_is_named_for_messages():
    graph = toy()
    assert graph["add"].op == "add"
    graph.add("cat", of=["left", "right"])
    assert (graph["cat"].op, graph["left"].op) == ("join", "layer")
    assert graph["cat"].label == "join (cat)"


def test_a_label_tells_the_scope_and_the_source_line():
    node = Node("n", "conv", locate=lambda: "net.py:12", scope="block1/conv")
    assert node.label == "conv (block1/conv at net.py:12)"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda g: g["nope"], "graph: got node 'nope', need one of x, left, right_1, right, add"),
        (lambda g: g.add("new", of="nope"), "graph: got node 'nope', need one of x, left"),
        (lambda g: g.add("new", of=[]), "graph: 'new' has no operands, need at least one"),
        (lambda g: g.add("left", of="x"), "graph: a node called 'left' exists already"),
        (lambda g: g.input("x"), "graph: a node called 'x' exists already"),
        (lambda g: g.input("y", shape=(3, 4)), "input 'y': got shape (3, 4), need 1 axes"),
        (
            lambda g: g.add("new", of=["x", "left"]),
            "graph: 'new' joins shapes [(3,), (7,)], need equal ones",
        ),
        (
            lambda g: g.add("new", Layer(9), of="x"),
            "graph: the output 'new' is empty, need a larger input",
        ),
        (
            lambda g: g.append(Node("new", "add", (9,))),
            "graph: 'new' reads a node that does not come before it",
        ),
    ],
)
def test_mistakes_are_told_in_one_line(step, message):
    graph = toy()
    with pytest.raises(InvalidGraph) as caught:
        step(graph)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert len(graph) == 5  # nothing was added


def test_long_graphs_name_only_some_nodes():
    graph = Graph()
    graph.input("n0")
    for i in range(20):
        graph.add(f"n{i + 1}", of=f"n{i}")
    with pytest.raises(
        InvalidGraph, match=r"need one of n0, n1, n2, n3, n4, n5, \.\.\. \(21 in all\)"
    ):
        graph.index("nope")


def test_a_layer_of_another_rank_is_refused():
    with pytest.raises(InvalidLayer, match=r"^layer: got parameters for 2 axes, need 1$"):
        toy().add("new", Layer((3, 3)), of="x")
