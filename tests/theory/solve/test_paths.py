"""The article's algorithm: its toy graphs, brute force on random graphs, and its cost."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from jaxrf.errors import InvalidGraph
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.layers import Layer
from jaxrf.geometry.node import Node
from jaxrf.geometry.words import Read, Reshape, Window
from jaxrf.theory.solve.paths import solve_paths
from jaxrf.theory.solve.support import solve_support
from tests.helpers.bruteforce import aligned_graphs, any_graphs, consistent, paths_between


def aligned_toy() -> Graph:
    graph = Graph()
    x = graph.input("x")
    short = graph.add("short", Layer(1, 4), of=x)
    long = graph.add("long", Layer(1, 2), of=graph.add("long_1", Layer(3, 2, ((1, 0),)), of=x))
    graph.add("add", of=[short, long])
    return graph


def misaligned_toy(length: int | None = None) -> Graph:
    graph = Graph()
    x = graph.input("x", shape=length and (length,))
    left = graph.add("left", Layer(5, 2, ((2, 1),)), of=x)
    right = graph.add("right", Layer(3), of=graph.add("right_1", Layer(3), of=x))
    graph.add("add", of=[left, right])
    return graph


def test_the_aligned_network_of_the_article():
    paths = solve_paths(aligned_toy(), "add")
    field = paths.maps["x"]
    assert (field.size, field.stride, field.padding) == (3, 4, 1)
    assert paths.aligned
    assert field.aligned
    assert paths.misaligned == ()


def test_the_misaligned_network_of_the_article_names_the_join_and_the_offset():
    paths = solve_paths(misaligned_toy(), "add")
    assert not paths.aligned
    assert not paths.maps["x"].aligned
    (bad,) = paths.misaligned
    assert (bad.node, bad.operands) == ("add", ("left", "right"))
    assert bad.strides == (2, 1)
    # centres: 2u on the left, u + 2 on the right; outputs 0 and 1 are 2 and 1 pixels apart
    assert bad.offsets == (1.0, 2.0)
    assert bad.sentence == (
        "add, axis 0: left moves by 2 an output, right by 1; "
        "the centre of right lies 1 to 2 input pixels from that of left"
    )
    (bad,) = solve_paths(misaligned_toy(7), "add").misaligned
    assert bad.offsets == (0.0, 2.0)  # with a length, all outputs there are: 2, 1 and 0 apart


def test_feature_maps_above_the_disagreement_stay_aligned():
    maps = solve_paths(misaligned_toy(), "add").maps
    assert {name: field.aligned for name, field in maps.items()} == {
        "x": False,
        "left": True,
        "right_1": True,
        "right": True,
        "add": True,
    }


def test_the_misaligned_network_uses_six_inputs_then_five():
    graph = misaligned_toy(7)
    supports = [
        solve_support(graph, graph.index("add"), np.arange(3) == u).nonzero()[0].tolist()
        for u in range(3)
    ]
    # left [2u - 2, 2u + 2], right [u, u + 4], on seven real inputs
    assert supports == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5], [2, 3, 4, 5, 6]]


def test_every_feature_map_has_its_field():
    maps = solve_paths(aligned_toy(), "add").maps
    found = {n: (f.size, f.stride, f.padding) for n, f in maps.items()}
    assert found == {
        "add": (1, 1, 0),
        "short": (1, 1, 0),
        "long": (1, 1, 0),
        "long_1": (1, 2, 0),
        "x": (3, 4, 1),
    }


def test_a_centre_off_by_half_a_pixel_is_misaligned():
    graph = Graph()
    graph.input("x")
    graph.add("even", Layer(2), of="x")
    graph.add("odd", Layer(3, padding=1), of="x")
    graph.add("add", of=["even", "odd"])
    (bad,) = solve_paths(graph, "add").misaligned
    assert (bad.strides, bad.offsets) == ((1, 1), (-0.5, -0.5))
    assert solve_paths(graph, "add").maps["x"].size == 3


def test_every_misaligned_join_above_the_first_is_named():
    graph = Graph()
    name = graph.input("x")
    for block in range(2):
        crop = graph.add(f"crop{block}", Layer(padding=((-1, 0),)), of=name)
        keep = graph.add(f"keep{block}", Layer(padding=((0, -1),)), of=name)
        name = graph.add(f"add{block}", of=[crop, keep])
    assert [m.node for m in solve_paths(graph, "add1").misaligned] == ["add0", "add1"]


@given(aligned_graphs())
def test_aligned_graphs_agree_with_walking_every_path(graph):
    end = graph.nodes[-1].name
    paths = solve_paths(graph, end)
    assert paths.aligned
    for node in graph:
        walked = paths_between(graph, node.name, end)
        assert (node.name in paths.maps) == bool(walked)
        if walked:
            field = paths.maps[node.name]
            assert (field.size, field.stride, field.padding) == max(walked)
            assert field.aligned


@given(any_graphs())
def test_alignment_agrees_with_comparing_every_pair_of_paths(graph):
    end = graph.nodes[-1].name
    paths = solve_paths(graph, end)
    walked = {n.name: paths_between(graph, n.name, end) for n in graph}
    walked = {name: found for name, found in walked.items() if found}
    assert paths.aligned == all(map(consistent, walked.values()))
    for name, found in walked.items():
        if paths.maps[name].aligned:
            assert consistent(found)
            field = paths.maps[name]
            assert (field.size, field.stride, field.padding) == max(found)


@given(any_graphs())
def test_with_one_stride_the_field_is_the_hull_of_all_paths(graph):
    end = graph.nodes[-1].name
    found = paths_between(graph, "x", end)
    if len({s for _, s, _ in found}) != 1:
        return
    field = solve_paths(graph, end).maps["x"]
    assert field.stride == found[0][1]
    assert field.interval(0).low == min(-p for _, _, p in found)
    assert field.interval(0).high == max(r - 1 - p for r, _, p in found)


class Counted(list):
    """A list that counts how often its elements are read."""

    reads = 0

    def __getitem__(self, index):
        self.reads += 1
        return super().__getitem__(index)


def diamonds(blocks: int, crop: int = 0) -> Graph:
    """``blocks`` residual blocks: 2 ** blocks paths."""
    graph = Graph()
    name = graph.input("x")
    for i in range(blocks):
        conv = graph.add(f"c{i}", Layer(3, padding=1), of=name)
        same = graph.add(f"s{i}", Layer(1, padding=((-crop, crop),)), of=name)
        name = graph.add(f"a{i}", of=[conv, same])
    graph.nodes = Counted(graph.nodes)
    return graph


@pytest.mark.parametrize("crop", [0, 1])
def test_cost_is_linear_in_the_number_of_nodes(crop):
    reads = []
    for blocks in (50, 100, 200):
        graph = diamonds(blocks, crop)
        paths = solve_paths(graph, f"a{blocks - 1}")
        assert paths.aligned == (crop == 0)
        assert paths.maps["x"].size == 2 * blocks + 1
        reads.append(graph.nodes.reads)
    assert reads[2] - reads[1] == 2 * (reads[1] - reads[0])


def test_paths_that_no_window_can_follow_are_left_out_and_named():
    graph = Graph()
    graph.input("x", shape=(6,))
    graph.add("conv", Layer(3, padding=1), of="x")
    graph.append(Node("flat", "reshape", (0,), Reshape(), (6,)))
    graph.add("add", of=["conv", "flat"])
    paths = solve_paths(graph, "add")
    assert paths.opaque == ("flat",)
    assert paths.maps["x"].size == 3


def test_upsampling_gives_phases():
    graph = Graph()
    graph.input("x")
    graph.append(
        Node("up", "pad", (0,), (Read(((0, Window(kernel=3, before=1, base_dilation=3)),)),))
    )
    field = solve_paths(graph, "up").maps["x"]
    # taps 3 wide over pixels 3 apart: every output reads exactly one, the nearest
    assert field.stride == Fraction(1, 3)
    assert [field.interval(u).low for u in range(-1, 5)] == [0, 0, 0, 1, 1, 1]
    assert field.size == 1


def test_an_unknown_end_point_is_told():
    with pytest.raises(InvalidGraph, match=r"got node 'nope', need one of x, short"):
        solve_paths(aligned_toy(), "nope")
