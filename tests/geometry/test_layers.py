"""The closed forms against the recurrence, against counting taps, and published numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxrf.errors import InvalidInput, InvalidLayer
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.layers import Layer, Sequential
from jaxrf.geometry.words import Window


def axis_values(low: int, high: int, rank: int):
    """An int for all axes, or one per axis."""
    number = st.integers(low, high)
    return number | st.tuples(*[number] * rank)


@st.composite
def networks(draw):
    """Any rank, even kernels, dilation, asymmetric and negative padding."""
    rank = draw(st.integers(1, 3))
    side = st.integers(-3, 5)
    entry = side | st.tuples(side, side)
    layer = st.builds(
        Layer,
        kernel=axis_values(1, 6, rank),
        stride=axis_values(1, 4, rank),
        padding=side | st.tuples(*[entry] * rank),
        dilation=axis_values(1, 3, rank),
    )
    return Sequential(draw(st.lists(layer, min_size=1, max_size=6)), rank=rank)


def taps(windows, index: int) -> set[int]:
    """What one output reads, tap by tap; padding is as real as the image."""
    reached = {index}
    for w in reversed(windows):
        reached = {
            u * w.stride - w.before + j * w.dilation for u in reached for j in range(w.kernel)
        }
    return reached


@given(networks(), st.integers(-3, 7))
def test_closed_forms_recurrence_and_counting_agree(net, index):
    for axis in range(net.rank):
        reached = taps(net.windows(axis), index)
        counted = Interval(min(reached), max(reached))
        # (2), (5), (6) are what ``field`` is made of; (1), (9), (10) are the feature maps.
        assert net.field.axes[axis].interval(index) == counted
        first = net.feature_maps(axis)[0]
        assert first.interval(index) == counted
        assert (first.size, first.stride, first.padding) == (
            net.field.size[axis],
            net.field.stride[axis],
            net.field.padding[axis],
        )
        assert net.centers((index,) * net.rank)[axis] == counted.center


@given(networks(), st.integers(-2, 4))
def test_every_feature_map_is_the_input_of_the_layers_after_it(net, index):
    for axis in range(net.rank):
        maps = net.feature_maps(axis)
        assert len(maps) == len(net.layers) + 1
        for level, feature_map in enumerate(maps):
            reached = taps(net.windows(axis)[level:], index)
            assert feature_map.interval(index) == Interval(min(reached), max(reached))


@given(networks())
def test_neighbouring_outputs_lie_one_stride_apart(net):
    for axis in net.field.axes:
        assert axis.interval(5).low - axis.interval(4).low == axis.stride
        assert axis.interval(5).size == axis.size


CONV3 = Layer(3, padding=1)
POOL2 = Layer(2, stride=2)
VGG_16 = [
    *[CONV3] * 2, POOL2, *[CONV3] * 2, POOL2,
    *([CONV3] * 3 + [POOL2]) * 3,
]  # fmt: skip
ALEXNET_V2 = [  # TF-Slim at 224: VALID first layer and pools, SAME elsewhere
    Layer(11, 4), Layer(3, 2), Layer(5, padding=2), Layer(3, 2),
    *[CONV3] * 3, Layer(3, 2),
]  # fmt: skip


def test_vgg_16():
    # The article's 212/32/90 is the last pooling layer; the last convolution sees 196.
    assert (Sequential(VGG_16).field.size, Sequential(VGG_16).field.stride) == ((212,), (32,))
    assert Sequential(VGG_16).field.padding == (90,)
    assert Sequential(VGG_16[:-1]).field.size == (196,)


def test_alexnet():
    # r: 11, 19, 51, 67, 99, 131, 163, 195; P: 2 x 8 from conv2, 1 x 16 from each of conv3 to conv5
    sizes = [Sequential(ALEXNET_V2[: n + 1]).field.size[0] for n in range(len(ALEXNET_V2))]
    assert sizes == [11, 19, 51, 67, 99, 131, 163, 195]
    field = Sequential(ALEXNET_V2).field
    assert (field.stride, field.padding) == ((32,), (2 * 8 + 3 * 16,))


def test_the_example_of_the_article():
    # conv k3 s2 p1, ReLU, conv k1, max-pool k3 s2 p1
    net = Sequential([Layer(3, 2, 1), Layer(), Layer(1), Layer(3, 2, 1)])
    assert [(m.size, m.stride, m.padding) for m in net.feature_maps()] == [
        (7, 4, 3),
        (3, 2, 1),
        (3, 2, 1),
        (3, 2, 1),
        (1, 1, 0),
    ]


def test_dilation_widens_the_kernel():
    assert Sequential([Layer(3, dilation=4)]).field.size == (9,)
    assert Sequential([Layer(3, dilation=2)] * 2).field.size == (9,)


def test_negative_padding_crops():
    assert Sequential([Layer(padding=-2)]).field.box((0,)) == (Interval(2, 2),)


@pytest.mark.parametrize("length", range(1, 14))
@pytest.mark.parametrize(
    "window",
    [
        Window(3),
        Window(3, 2, 1, 0),
        Window(2, 3, -1, 4),
        Window(3, 1, 2, 1, 2),
        Window(4, 2, 1, 1, 1, 3),
    ],
)
def test_output_length_counts_the_windows_that_fit(window, length):
    last = (length - 1) * window.base_dilation  # of the real elements
    fit = [
        u
        for u in range(60)
        if u * window.stride - window.before + window.dilation * (window.kernel - 1)
        <= last + window.after
    ]
    assert window.output_length(length) == len(fit)


def test_numpy_integers_are_integers():
    layer = Layer(np.int64(3), (np.int32(2), 1), padding=((np.int64(1), 0), 2))
    assert layer == Layer(3, (2, 1), padding=((1, 0), 2))
    assert all(type(v) is int for v in (layer.kernel, *layer.stride, *layer.padding[0]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": 0}, "kernel: got 0, need a positive integer"),
        ({"kernel": (3, 0)}, "kernel: got 0, need a positive integer"),
        ({"stride": -2}, "stride: got -2, need a positive integer"),
        ({"dilation": 0}, "dilation: got 0, need a positive integer"),
        ({"kernel": 2.5}, "kernel: got 2.5, need an integer or one integer per axis"),
        ({"kernel": ()}, "kernel: got (), need an integer or one integer per axis"),
        ({"stride": "2"}, "stride: got '2', need an integer or one integer per axis"),
        ({"kernel": (3, 3), "stride": (1,)}, "stride: got 1 axes, need 2 as the other parameters"),
        ({"kernel": (3, 3), "padding": ((1, 0),)}, "padding: got 1 axes, need 2 as the other"),
        ({"padding": "SAME"}, "padding: got 'SAME', need an int, or"),
        ({"padding": 1.5}, "padding: got 1.5, need an int, or"),
        ({"padding": ((1, 2, 3),)}, "padding: got ((1, 2, 3),), need an int, or"),
        ({"padding": ((1.5, 2),)}, "padding: got ((1.5, 2),), need an int, or"),
    ],
)
def test_an_invalid_layer_says_what_was_got_and_needed(options, message):
    with pytest.raises(InvalidLayer) as caught:
        Layer(**options)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sequential([]), "Sequential: got no layers, need at least one"),
        (lambda: Sequential([Layer(3)], rank=-1), "rank: got -1, need a positive integer"),
        (
            lambda: Sequential([Layer((3, 3)), Layer((3, 3, 3))]),
            "layer: got parameters for 3 axes, need 2",
        ),
        (lambda: Window(kernel=0), "kernel: got 0, need a positive integer"),
        (lambda: Window(base_dilation=0), "base_dilation: got 0, need a positive integer"),
    ],
)
def test_an_invalid_network_says_what_was_got_and_needed(make, message):
    with pytest.raises(InvalidLayer) as caught:
        make()
    assert str(caught.value) == message


def test_centers_need_one_index_an_axis():
    with pytest.raises(InvalidInput, match=r"^at: got 2 indices \(1, 2\), need 1$"):
        Sequential([Layer(3)]).centers((1, 2))
