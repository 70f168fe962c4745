"""The forward pass: closed forms, the paths solver, phases, and shapes with no special case.

Covers: theory.solve.factors, theory.solve.fields, theory.solve.outputs.
"""

from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax import lax

from jaxrf.errors import InvalidGraph
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.layers import Layer, Sequential
from jaxrf.theory.analyze import analyze
from jaxrf.theory.solve.fields import axis_field
from jaxrf.theory.solve.intervals import solve_intervals
from jaxrf.theory.solve.paths import solve_paths
from tests.helpers.bruteforce import aligned_graphs
from tests.helpers.toynets import attention, conv, unet, upsample_2, window_attention


def forward(graph: Graph, name: str):
    """The virtual field of a node of a hand-built graph along its only axis."""
    node_field = solve_intervals(graph, 0).fields[graph.index(name)]
    shape = graph[name].full_shape
    return axis_field(
        node_field, 0, graph.nodes[0].shape[0], lambda i: graph.nodes[i].label, shape, 0
    )


@given(aligned_graphs())
def test_forward_pass_agrees_with_the_backward_one(graph):
    end = graph.nodes[-1].name
    backward = solve_paths(graph, end).maps.get("x")
    field = forward(graph, end)
    assert (field.size, field.stride, field.padding) == (
        backward.size,
        backward.stride,
        backward.padding,
    )
    assert field.aligned
    assert field.interval(-3) == backward.interval(-3)


layers = st.builds(
    lambda k, s, d, p, q: Layer(k, s, ((p, q),), d),
    *(st.integers(1, n) for n in (5, 3, 2)),
    *(st.integers(-2, 4) for _ in "pq"),
)


@given(st.lists(layers, min_size=1, max_size=4))
def test_a_single_path_agrees_with_the_closed_forms(path):
    graph = Graph()
    name = graph.input("x", shape=(300,))
    for i, layer in enumerate(path):
        name = graph.add(f"f{i}", layer, of=name)
    expected = Sequential(path).field.axes[0]
    field = forward(graph, name)
    for u in (0, 1, 17, -4):
        assert field.interval(u) == expected.interval(u)


@given(st.lists(layers, min_size=1, max_size=3), st.integers(6, 20))
def test_exact_intervals_count_real_inputs_alone(path, length):
    graph = Graph()
    name = graph.input("x", shape=(length,))
    real = [{i} for i in range(length)]  # what every index of the feature map reads, by counting
    for i, layer in enumerate(path):
        try:
            name = graph.add(f"f{i}", layer, of=name)
        except InvalidGraph:  # nothing fits any more
            return
        (w,) = layer.windows(1)
        taps = [
            [u * w.stride - w.before + j * w.dilation for j in range(w.kernel)]
            for u in range(graph[name].shape[0])
        ]
        real = [set().union(*(real[t] for t in row if 0 <= t < len(real))) for row in taps]
    assert list(forward(graph, name).exact) == [
        Interval(min(r), max(r)) if r else None for r in real
    ]


def test_a_unet_has_two_phases():
    (axis,) = analyze(unet, (1, 64, 1)).output.axes
    assert (axis.size, axis.stride, axis.period) == (18, 1, 2)
    assert axis.reach == ((-8.0, 9.0), (-9.0, 8.0))
    assert not axis.aligned  # the centre of the skip is the output, that of the way round is not


def test_a_unet_has_the_same_phases_on_both_axes():
    field = analyze(unet, (1, 64, 32, 1)).output
    assert [a.reach for a in field.axes] == [((-8.0, 9.0), (-9.0, 8.0))] * 2


@pytest.mark.parametrize(
    ("up", "phases"),
    [
        (upsample_2, [(0, 0), (0, 0)]),
        (lambda x: jnp.repeat(x, 2, 1), [(0, 0), (0, 0)]),
        (lambda x: conv(jnp.repeat(x, 2, 1)), [(-1, 0), (0, 1)]),
        (lambda x: conv(conv(jnp.repeat(x, 3, 1))), [(-1, 0), (-1, 1), (0, 1)]),
        # zeros between the pixels: every second output reads nothing, an interval of size 0
        (lambda x: lax.pad(x, 0.0, ((0, 0, 0), (0, 1, 1), (0, 0, 0))), [(0, 0), (1, 0)]),
    ],
)
def test_upsampling_divides_the_stride(up, phases):
    (axis,) = analyze(up, (1, 12, 1)).output.axes
    assert [(p.low, p.high) for p in axis.phases] == phases
    assert axis.stride == Fraction(1, len(phases))
    assert axis.interval(5 * len(phases)).low == phases[0][0] + 5


def pixel_shuffle(x):
    return x.reshape(1, 12, 2, 1).reshape(1, 24, 1)


MOVES = {
    "pixel shuffle": (pixel_shuffle, (1, 12, 2), [(0, 0), (0, 0)], 1),
    "space to depth": (lambda x: x.reshape(1, 6, 2), (1, 12, 1), [(0, 1)], 2),
    "patches": (lambda x: x.reshape(1, 3, 4).mean(2), (1, 12, 1), [(0, 3)], 4),
    "roll": (lambda x: jnp.roll(x, 3, 1), (1, 12, 1), [(-3, -3)], 1),
    "roll back": (lambda x: jnp.roll(jnp.roll(x, 3, 1), -3, 1), (1, 12, 1), [(0, 0)], 1),
    "reflect": (
        lambda x: conv(jnp.pad(x, ((0, 0), (2, 2), (0, 0)), mode="reflect"), 5, pad="VALID"),
        (1, 12, 1),
        [(-2, 2)],
        1,
    ),
    "flip": (lambda x: x[:, ::-1], (1, 12, 1), [(11, 11)], -1),
    "two flips": (lambda x: conv(x[:, ::-1])[:, ::-1], (1, 12, 1), [(-1, 1)], 1),
    "transpose": (lambda x: x.transpose(0, 2, 1), (1, 12, 2), [(0, 0)], 1),
    "crop": (lambda x: x[:, 3:-2], (1, 12, 1), [(3, 3)], 1),
    "every third": (lambda x: x[:, 1::3], (1, 12, 1), [(1, 1)], 3),
}


@pytest.mark.parametrize("name", MOVES)
def test_moving_elements(name):
    f, shape, phases, shift = MOVES[name]
    (axis,) = analyze(f, shape).output.axes
    assert [(p.low, p.high) for p in axis.phases] == phases
    assert axis.shift == shift
    assert axis.aligned


def patches(x):
    return x.reshape(1, -1, 2)


@pytest.mark.parametrize(
    ("f", "first"),
    [
        (lambda x: jnp.concatenate([patches(x), patches(x)], -1), Interval(0, 1)),
        (lambda x: jnp.concatenate([patches(x), patches(conv(x))], -1), Interval(-1, 2)),
        (lambda x: jnp.concatenate([patches(x), conv(patches(x))], -1), Interval(-2, 3)),
    ],
)
def test_patches_side_by_side_do_not_continue_each_other(f, first):
    for g in (f, lambda x: conv(f(x), 1)):
        (axis,) = analyze(g, (1, 16, 1)).output.axes
        assert axis.phases == (first,)
        assert (axis.stride, axis.aligned) == (2, True)


def test_reflected_borders_reach_inwards():
    f = MOVES["reflect"][0]
    intervals = analyze(f, (1, 12, 1)).exact_intervals("output")[0]
    # output 0 reads pixels -2..2, of which -2 and -1 are 2 and 1
    assert intervals[0] == Interval(0, 2)
    assert intervals[1] == Interval(0, 3)
    assert intervals[6] == Interval(4, 8)


def test_rolled_borders_come_from_the_other_side():
    (intervals,) = analyze(lambda x: jnp.roll(x, 3, 1), (1, 12, 1)).exact_intervals("output")
    assert [i.low for i in intervals] == [9, 10, 11, *range(9)]


def test_window_attention_sees_its_window_and_nothing_else():
    analysis = analyze(window_attention, (1, 16, 12, 2))
    for axis, length in zip(analysis.output.axes, (16, 12), strict=True):
        assert (axis.size, axis.stride, axis.period) == (4, 1, 4)
        assert [axis.interval(u).low for u in range(-4, 8)] == [-4] * 4 + [0] * 4 + [4] * 4
        assert not axis.is_global
        assert axis.length == length
    assert analysis.exact_intervals("output")[0][7] == Interval(4, 7)


def test_attention_is_global_beside_its_local_path():
    field = analyze(lambda x: attention(conv(x)), (1, 12, 2)).output
    assert field.is_global
    assert (field.size, field.stride, field.padding) == ((3,), (1,), (1,))
    assert field.aligned  # queries and keys are paired all with all, not joined at one place


def test_pairing_all_with_all_grows_without_bound():
    axis = analyze(lambda x: x[:, :, None] + x[:, None], (1, 6, 1)).output.axes[0]
    assert (axis.size, axis.growing) == (None, True)


def test_misaligned_strides_have_no_size_but_exact_supports():
    def f(x):
        return conv(x, 5, 2, (2, 1)) + conv(conv(x, pad="VALID"), pad="VALID")

    analysis = analyze(f, (1, 7, 1))
    (axis,) = analysis.output.axes
    assert (axis.size, axis.aligned, axis.growing) == (None, False, True)
    found = analysis.exact_intervals("output")[0]
    assert found == [Interval(0, 4), Interval(0, 5), Interval(2, 6)]


def test_a_graph_without_shapes_is_refused():
    graph = Graph()
    graph.add("y", Layer(3), of=graph.input("x"))
    with pytest.raises(InvalidGraph, match="node 'x' has no shape"):
        solve_intervals(graph, 0)


def test_arrays_stay_as_small_as_what_varies():
    analysis = analyze(lambda x: conv(conv(x), out=64), (1, 40, 50, 3))
    for solution, length in zip(analysis.solutions, (40, 50), strict=True):
        sizes = [np.size(r.exact) for r in solution.fields if r is not None]
        assert max(sizes) == 2 * length


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + x[0, 4, 0] * x[0, 0, 0],
        lambda x: jnp.where(x[0, 4, 0] > x[0, 0, 0], x, 2 * x),
        lambda x: x * (x[0, 4, 0] + x[0, 0, 0] * x[0, 4, 0]),
    ],
)
def test_scalars_are_joined(f):
    """They have no dimension along which they could move."""
    analysis = analyze(f, (1, 6, 1))
    assert np.flatnonzero(analysis.support(None, (2,)).mask).tolist() == [0, 2, 4]
