"""Joins whose operands end together are causal, not misaligned; all others are held to (13).

Covers: theory.solve.branches.
"""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.geometry.graph import Graph
from jaxrf.geometry.interval_arrays import EMPTY
from jaxrf.geometry.layers import Layer
from jaxrf.geometry.periodic_maps import IDENTITY_MAP, Periodic
from jaxrf.geometry.words import Window
from jaxrf.theory.solve.causal_joins import end_together, maps_end_together
from jaxrf.theory.solve.paths import solve_paths
from tests.helpers.causalnets import conv, late, up
from tests.helpers.toynets import conv as image_conv


def causal(kernel, dilation=1):
    return conv(kernel, 1, dilation, (kernel - 1) * dilation, 0, laid=False).run


def valid(kernel):
    return conv(kernel, 1, 1, 0, 0, laid=False).run


def wavenet(x):
    skips = 0.0
    for dilation in (1, 2, 4, 8):
        y = causal(2, dilation)(x)
        x, skips = x + y, skips + y
    return skips


def unpadded(x):
    for _ in range(3):
        y = valid(3)(x)
        x = x[:, -y.shape[1] :] + y
    return x


def sees_ahead_once(x):
    x = conv(7, 1, 1, 3, 3, laid=False).run(x)
    return x + causal(3)(x)


def decoder(first):
    def model(x):
        x = up(4, 2, first).run(x)
        return x + causal(3)(x)

    return model


def down_and_up(x):
    x = jnp.repeat(x[:, 1::2], 2, 1)
    return x + causal(4)(x)


def three_at_once(x):
    return jnp.concatenate([causal(2)(x), x, causal(5)(x)], -1)


def begin_together(x):
    return x + conv(3, 1, 1, 0, 2, laid=False).run(x)


def late_skip(x):
    return late(2).run(x) + causal(3)(x)


def wrong_crop(x):
    return x[:, : x.shape[1] - 2] + valid(3)(x)


def centre_and_end(x):
    """The first and the second have one centre, the first and the third one end."""
    five, three = (conv(k, 1, 1, k // 2, k // 2, laid=False).run(x) for k in (5, 3))
    return jnp.concatenate([five, three, conv(7, 1, 1, 4, 2, laid=False).run(x)], -1)


CAUSAL = [wavenet, unpadded, sees_ahead_once, decoder(0), decoder(1), down_and_up, three_at_once]
NOT = [begin_together, late_skip, wrong_crop, centre_and_end]


@pytest.mark.parametrize("model", CAUSAL)
def test_operands_that_end_together(model):
    analysis = jaxrf.analyze(model, (1, 48, 1))
    assert analysis.misaligned == ()
    assert analysis.output.aligned
    assert "misaligned" not in str(analysis)


@pytest.mark.parametrize("model", NOT)
def test_operands_that_do_not(model):
    analysis = jaxrf.analyze(model, (1, 48, 1))
    assert len(analysis.misaligned) == 1
    assert not analysis.output.aligned


@pytest.mark.parametrize("model", [*CAUSAL, *NOT])
def test_for_every_length_as_for_one(model):
    one, every = jaxrf.analyze(model, (1, 48, 1)).output, jaxrf.analyze_sizes(model, (1, None, 1))
    assert every.output.aligned == one.aligned
    assert every.output.causal == one.causal


def test_a_step_of_a_recurrence_joins_places_not_maps():
    def model(x):
        def step(state, here):
            return jnp.tanh(state / 2 + here), state

        return jnp.moveaxis(lax.scan(step, jnp.zeros((2, 3)), jnp.moveaxis(x, 1, 0))[1], 0, 1)

    analysis = jaxrf.analyze(model, (2, 8, 3))
    assert analysis.misaligned == ()
    assert analysis.output.causal == (True,)


def test_a_u_net_is_off_by_half_a_pixel_still():
    def model(x):
        y = conv(2, 2, 1, 0, 0, laid=False).run(x)
        return x + up(2, 2, 0).run(y)

    (join,) = jaxrf.analyze(model, (1, 16, 1)).misaligned
    assert join.offsets == (-0.5, 0.5)


def test_one_entry_and_one_line_for_a_join_that_is_off_along_both_axes():
    def model(x):
        return image_conv(x) + jnp.pad(x, ((0, 0), (1, 0), (1, 0), (0, 0)))[:, :-1, :-1]

    analysis = jaxrf.analyze(model, (1, 9, 9, 2))
    (join,) = analysis.misaligned
    assert join.axes == (1, 2)
    assert join.sentence.endswith(
        "axes 1 and 2: the centre of slice lies -1 input pixels from that of conv_general_dilated"
    )
    (document,) = analysis.to_dict()["misaligned"]
    assert [a["axis"] for a in document["axes"]] == [1, 2]
    assert (document["axis"], document["offsets"]) == (1, [-1.0, -1.0])
    assert str(analysis).count("misaligned") == 1


def test_different_offsets_are_told_apart():
    def model(x):
        return image_conv(x) + jnp.pad(x, ((0, 0), (1, 0), (2, 0), (0, 0)))[:, :-1, :-2]

    (join,) = jaxrf.analyze(model, (1, 9, 9, 2)).misaligned
    assert ", axis 1: the centre" in join.sentence
    assert ", axis 2: the centre" in join.sentence


def test_joins_of_one_line_are_counted():
    def model(x):
        for _ in range(6):
            x = begin_together(x)
        return x

    analysis = jaxrf.analyze(model, (1, 24, 1))
    assert len(analysis.misaligned) == 6
    assert "(6 joins on this line)" in " ".join(str(analysis).split())


def test_the_article_s_algorithm_asks_for_one_centre():
    graph = Graph()
    x = graph.input("x", shape=(9,))
    graph.add("sum", of=[x, graph.add("causal", Layer(3, 1, ((2, 0),)), of=x)])
    assert not solve_paths(graph, "sum").aligned


def test_intervals_and_maps():
    near = np.array([[0, 1, 2], [0, -1, -2]])
    far = np.array([[-3, -2, -1], [0, -1, -2]])
    assert end_together(near, far)
    assert not end_together(near, far + np.array([[0], [1]]))
    assert not end_together(near, np.full((2, 1), EMPTY))
    partly = np.where([True, False, True], far, EMPTY)
    assert end_together(near, partly)  # what reads nothing ends nowhere
    window = Window(3, 1, 2, 0).periodic_map()
    assert window is not None
    assert maps_end_together(IDENTITY_MAP, window, 1)
    assert not maps_end_together(Periodic((0, 0), (0, 0), 2), Periodic((0, 0), (0, 1), 2), 2)
