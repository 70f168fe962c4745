"""Exact supports, holes included, against the oracle and counted by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.errors import InvalidGraph
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.layers import Layer
from jaxrf.theory.analyze import analyze
from jaxrf.theory.solve.support import solve_support
from tests.helpers.oracle import gradient_pattern, gradient_support
from tests.helpers.toynets import conv, grid_2d, unet, window_attention


def test_two_dilated_convolutions_span_nine_and_touch_five():
    found = analyze(lambda x: conv(conv(x, dilation=2), dilation=2), (1, 15, 15, 1)).support()
    assert found.at == (7, 7)
    assert found.box == (Interval(3, 11), Interval(3, 11))
    assert found.count == (5, 5)
    assert np.flatnonzero(found.axis_masks[0]).tolist() == [3, 5, 7, 9, 11]
    assert found.holes == 9 * 9 - 5 * 5


def test_dilation_four_spans_nine():
    analysis = analyze(lambda x: conv(x, dilation=4), (1, 15, 1))
    assert analysis.output.size == (9,)
    assert np.flatnonzero(analysis.support().mask).tolist() == [3, 7, 11]


def test_a_cross_is_a_cross():
    def cross(x):
        row = jnp.full((1, 5, 1, 1), 0.1, x.dtype)
        column = row.transpose(1, 0, 2, 3)
        numbers = ("NHWC", "HWIO", "NHWC")
        parts = [
            lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=numbers)
            for w in (row, column)
        ]
        return parts[0] + parts[1]

    found = analyze(cross, (1, 9, 9, 1)).support()
    assert grid_2d(found.mask[2:7, 2:7]) == "..#..\n..#..\n#####\n..#..\n..#.."
    assert (found.mask.sum(), found.holes) == (9, 16)


def diagonal(x):
    """Rows and columns change places: the set of an output is two pixels, not a box."""
    return x + x.transpose(0, 2, 1, 3)


def positive_unet(x):
    """The U-Net with means for maxima."""
    skip = conv(conv(x))
    low = conv(skip.reshape(*(x.shape[0], x.shape[1] // 2, 2, -1)).mean(2))
    return conv(jnp.concatenate([skip, jnp.repeat(low, 2, 1)], -1), out=1)


NETWORKS = {
    "strides and even kernels": (lambda x: conv(conv(x, 4, 3, (2, 1)), 2), (1, 13, 1)),
    "gridding": (lambda x: conv(conv(x, dilation=2), dilation=2), (1, 11, 1)),
    "stride beyond the kernel": (lambda x: conv(conv(x, 2, 3), 3), (1, 14, 1)),
    "crop and join": (lambda x: conv(x, pad="VALID") + x[:, 1:-1], (1, 8, 1)),
    "dilated beside dense": (lambda x: conv(x, dilation=3) + conv(x), (1, 12, 1)),
    "flip": (lambda x: conv(x, 4) + x[:, ::-1], (1, 9, 1)),
    "unet": (positive_unet, (1, 12, 1)),
    "window attention": (lambda x: window_attention(x, 2), (1, 4, 4, 1)),
    "diagonal": (diagonal, (1, 4, 4, 1)),
    "two-dimensional": (lambda x: conv(conv(x, 3, 2), 2, dilation=2), (1, 6, 7, 1)),
    "three-dimensional": (lambda x: conv(x, 2, 2), (1, 4, 3, 4, 1)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_supports_equal_the_oracle_at_every_output(name):
    f, shape = NETWORKS[name]
    analysis = analyze(f, shape)
    graph, node = analysis.graph, analysis.node("output")
    pattern = gradient_pattern(f, shape)
    output = graph.nodes[node].shape
    for at in np.ndindex(output):
        mask = np.zeros(output, bool)
        mask[at] = True
        np.testing.assert_array_equal(solve_support(graph, node, mask), pattern[at], f"at {at}")


def test_several_chosen_elements_give_the_union():
    f, shape = NETWORKS["crop and join"]
    analysis = analyze(f, shape)
    mask = np.zeros((1, 6, 1), bool)
    mask[0, [0, 5]] = True
    (expected,) = gradient_support(f, shape, [mask])
    found = solve_support(analysis.graph, analysis.node("output"), mask)
    np.testing.assert_array_equal(found, expected)
    assert found[0, :, 0].tolist() == [True] * 3 + [False] * 2 + [True] * 3


def test_an_intermediate_feature_map_has_supports_too():
    graph = Graph()
    graph.input("x", shape=(9,))
    graph.add("a", Layer(3, padding=1), of="x")
    graph.add("b", Layer(3, padding=1), of="a")
    below_a = solve_support(graph, 1, np.arange(9) == 0)
    below_b = solve_support(graph, 2, np.arange(9) == 4)
    assert np.flatnonzero(below_a).tolist() == [0, 1]
    assert np.flatnonzero(below_b).tolist() == [2, 3, 4, 5, 6]
    inside = solve_support(graph, 2, np.arange(9) == 4, source=1)
    assert np.flatnonzero(inside).tolist() == [3, 4, 5]


def test_an_output_in_the_padding_depends_on_nothing():
    found = analyze(lambda x: jnp.pad(x, ((0, 0), (2, 0), (0, 0))), (1, 4, 1)).support(at=(1,))
    assert not found.mask.any()
    assert (found.box, found.count, found.holes) == (None, (0,), 0)
    assert found.to_dict() == {
        "endpoint": "output", "at": [1], "box": None, "count": [0], "holes": 0,
    }  # fmt: skip


def test_max_pooling_counts_like_averaging():
    found = analyze(unet, (1, 40, 1)).support(at=(20,))
    assert found.box == (Interval(12, 29),)
    assert found.holes == 0


def test_a_graph_without_shapes_is_refused():
    graph = Graph()
    graph.add("y", Layer(3), of=graph.input("x"))
    with pytest.raises(InvalidGraph, match="node 'x' has no shape"):
        solve_support(graph, 1, np.ones(1, bool))
