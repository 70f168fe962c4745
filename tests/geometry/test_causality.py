"""How far networks look behind and ahead, against impulses through the same layers in numpy."""

import itertools
from fractions import Fraction
from math import ceil, floor

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.geometry.causality import hop, in_words, look
from jaxrf.geometry.field import AxisField, Field
from jaxrf.geometry.interval import Interval
from tests.helpers.causalnets import (
    Net,
    conv,
    drawn,
    every,
    late,
    mean,
    mirrored,
    repeat,
    running,
    up,
)

LENGTH = 400  # more than twice any field


def truth(net: Net, length: int = LENGTH):
    """(behind, ahead), the largest of all outputs, counted from what answers to impulses."""
    s, found = net.stride, []
    for u, row in enumerate(net.responses(length)):
        read = np.flatnonzero(row)
        if len(read):
            first, last = floor(u * s), ceil((u + 1) * s) - 1
            found.append((first - read[0], read[-1] - last))
    return tuple(int(max(ends)) for ends in zip(*found, strict=True))


def check(seed: int) -> None:
    """Without states: both numbers and the verdict."""
    net = drawn(seed)
    back, ahead = truth(net)
    (axis,) = jaxrf.analyze(net, (1, LENGTH, 1)).output.axes
    found = (axis.look_back, axis.look_ahead, axis.causal)
    assert found == (back, ahead, ahead <= 0), f"{seed}: {net}"


def check_state(seed: int) -> None:
    """With a state or a mean somewhere: no bound behind, and none ahead where all see all."""
    net, length = drawn(seed, states=True), 32
    everything = net.responses(length)
    if not everything.any():
        return
    (axis,) = jaxrf.analyze(net, (1, length, 1)).output.axes
    if axis.causal is None:
        assert axis.stride is None, f"{seed}: {net}"
        assert len(everything) != length, f"{seed}: {net}"
        return
    back, ahead = truth(net, length)
    assert axis.causal == (ahead <= 0), f"{seed}: {net}"
    assert axis.look_back in (None, back), f"{seed}: {net}"
    assert axis.look_ahead in (None, ahead), f"{seed}: {net}"
    assert axis.look_ahead == ahead or ahead > 0, f"{seed}: {net}"


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_random_networks(start):
    for seed in range(start, start + 10):
        check(seed)


def test_random_networks_with_states():
    for seed in range(12):
        check_state(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 1300, 100))
def test_many_random_networks(start):
    for seed in range(start, start + 100):
        check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 400, 50))
def test_many_random_networks_with_states(start):
    for seed in range(start, start + 50):
        check_state(seed)


def test_random_networks_are_of_all_kinds():
    verdicts = [truth(drawn(seed))[1] <= 0 for seed in range(45)]
    assert all(verdicts[::3])
    assert 5 < sum(verdicts[2::3]) + sum(verdicts[1::3]) < 25


def looks(net: Net, length: int = LENGTH):
    (axis,) = jaxrf.analyze(net, (1, length, 1)).output.axes
    return axis.look_back, axis.look_ahead, axis.causal


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((conv(3, 1, 2, 4, 0, laid=False),), (4, 0, True)),
        ((conv(3, 1, 1, 1, 1, laid=False),), (1, 1, False)),
        # inside the own hop is not ahead: (7, 1) is the causal padding of stride 2, (6, 2) is not
        ((conv(5, 2, 2, 7, 1, laid=False),), (7, 0, True)),
        ((conv(5, 2, 2, 6, 2, laid=False),), (6, 1, False)),
        ((up(4, 2, 0),), (1, 0, True)),
        ((up(4, 2, 1),), (1, 1, False)),
        ((repeat(3),), (0, 0, True)),
        ((every(3, 0),), (0, -2, True)),
        ((every(3, 2),), (-2, 0, True)),
        ((late(3),), (3, -3, True)),
        ((conv(3, 1, 1, 1, 1, laid=False), late(1)), (2, 0, True)),
        ((mirrored(4),), (3, 0, False)),  # the first outputs see what comes after them
        ((running("sum"),), (None, 0, True)),
        ((running("scan"),), (None, 0, True)),
        ((running("recurrence"),), (None, 0, True)),
        ((running("mask"),), (None, 0, True)),
        ((running("sum"), late(2)), (None, -2, True)),
        ((conv(3, 1, 1, 1, 1, laid=False), running("mask")), (None, 1, False)),
        ((conv(4, 2, 1, 2, 1, laid=False), running("sum")), (None, 0, True)),
        ((conv(4, 2, 1, 1, 2, laid=False), running("sum")), (None, 1, False)),
        ((mean(),), (None, None, False)),
    ],
    ids=lambda value: " ".join(getattr(v, "name", str(v)) for v in value),
)  # fmt: skip
def test_by_hand(steps, expected):
    assert looks(Net(steps), 32) == expected


def test_a_state_that_runs_backwards_has_no_bound_ahead():
    (axis,) = jaxrf.analyze(lambda x: lax.cumsum(x, 1, reverse=True), (1, 12, 1)).output.axes
    assert (axis.look_back, axis.look_ahead, axis.causal) == (0, None, False)


def test_attention_to_near_tokens_has_bounds():
    def near(x):
        n = jnp.arange(x.shape[1])
        distance = n[:, None] - n
        scores = jnp.where((distance >= 0) & (distance < 4), x @ x.swapaxes(1, 2), -jnp.inf)
        return jnp.exp(scores) @ x

    (axis,) = jaxrf.analyze(near, (1, 24, 1)).output.axes
    assert (axis.look_back, axis.look_ahead, axis.causal) == (3, 0, True)


def test_an_output_that_follows_no_axis_has_no_verdict():
    for model in (lambda x: x.mean(1), lambda x: x[:, 3]):
        (axis,) = jaxrf.analyze(model, (2, 8, 3)).output.axes
        assert (axis.look_back, axis.look_ahead, axis.causal) == (None, None, None)


def test_time_is_causal_and_the_other_axis_is_not():
    def video(x):
        for _ in range(2):
            x = lax.conv_general_dilated(
                x, jnp.ones((3, 3, 1, 1)), (1, 2), [(2, 0), (1, 1)],
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
            )  # fmt: skip
        return x

    analysis = jaxrf.analyze(video, (1, 16, 16, 1))
    field = analysis.output
    assert (field.look_back, field.look_ahead, field.causal) == ((4, 3), (0, 0), (True, True))
    note = "output: axis 1 is causal and looks 4 back and 0 ahead; axis 2 is causal and looks 3"
    assert note not in field.sentence
    assert "axis 1 is causal and looks 4 back and 0 ahead" in " ".join(str(analysis).split())


def test_columns_and_what_a_border_does():
    analysis = jaxrf.analyze(Net((mirrored(4),)), (1, 16, 1))
    header, row = str(analysis).splitlines()[2:5:2]
    assert header.split()[-3:] == ["back", "ahead", "GFLOP"]
    assert row.split()[-3:-1] == ["3", "0"]
    assert "not causal along axis 1; at a border, outputs read 3 input samples ahead" in " ".join(
        str(analysis).split()
    )
    everything = jaxrf.analyze(Net((mean(),)), (1, 16, 1))
    assert str(everything).splitlines()[4].split()[-3:-1] == ["all", "all"]


def test_phases_one_by_one():
    (axis,) = jaxrf.analyze(Net((up(5, 2, 0),)), (1, 16, 1)).output.axes
    assert axis.looks == ((2, 0), (1, 0))
    document = jaxrf.analyze(Net((up(5, 2, 0),)), (1, 16, 1)).to_dict()
    (row,) = document["endpoints"][0]["axes"]
    assert (row["look_back"], row["look_ahead"], row["causal"]) == (2, 0, True)
    assert row["looks"] == [[2, 0], [1, 0]]


def test_hops_tile_the_input():
    for stride in (Fraction(1), Fraction(2), Fraction(3, 2), Fraction(2, 3), Fraction(1, 4)):
        owned = [hop(u, stride) for u in range(12)]
        assert all(b[0] - a[1] <= 1 for a, b in itertools.pairwise(owned))
        assert all(last - first + 1 >= stride for first, last in owned)


def test_closed_forms_have_no_borders():
    field = Field("net", None, (AxisField(0, None, (Interval(-4, 0),), 1),))
    assert (field.look_back, field.look_ahead, field.causal) == ((4,), (0,), (True,))
    assert field.sentence.endswith("looks 4 back and 0 ahead, causal")


def test_a_field_that_goes_back_is_judged_by_what_it_reads():
    (axis,) = jaxrf.analyze(lambda x: jnp.flip(x, 1), (1, 9, 1)).output.axes
    assert axis.causal is False
    assert axis.looks == ()


def test_the_rate_is_read_off_where_no_law_says_it():
    exact = [Interval(0, 3 * u + 2) for u in range(10)]
    found = look((), None, exact, 32, is_global=True)
    assert (found.back, found.ahead, found.causal) == (None, 0, True)
    jumps = [Interval(0, end) for end in (1, 2, 9, 11, 30)]
    assert look((), None, jumps, 32, is_global=True).causal is None


def test_in_words():
    assert in_words(None, None, unknown="none") == "none"
