"""Today's networks: parameters as published, fields by formulas and by other people's numbers."""

import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from jaxrf import analyze, measure_support
from jaxrf.geometry.interval import Interval
from tests.helpers.slow import some_slow

FOLDER = str(Path(__file__).parents[2] / "experiments")


@pytest.fixture(scope="module", autouse=True)
def scripts():
    """The folder of the scripts can be imported from."""
    sys.path.insert(0, FOLDER)
    yield
    sys.path.remove(FOLDER)


@pytest.fixture
def nets():
    import _modern

    return _modern


@cache
def built(net):
    """Built once; theory needs no weights."""
    return net.build(net.shape, False)


# torchvision's (ConvNeXt, DenseNet, EfficientNet, MobileNet), pycls' and timm's (RegNet), those of
# the original U-Net and pix2pix discriminator; classifiers included
PARAMETERS = {
    "RegNetX-400MF": 5_157_512,
    "RegNetY-400MF": 4_344_144,
    "U-Net, same": 31_030_658,
    "PatchGAN 70": 2_768_705,
    "ConvNeXt-T": 28_589_128,
    "DenseNet-121": 7_978_856,
    "EfficientNet-B0": 5_288_548,
    "MobileNetV2": 3_504_872,
}


LARGE = ("ConvNeXt-T", "DenseNet-121", "EfficientNet-B0")


@pytest.mark.parametrize("title", some_slow(PARAMETERS, LARGE))
def test_parameters_are_the_published_ones(nets, title):
    net = nets.NETWORKS[title]
    if net.of_keras:
        pytest.importorskip("keras")
    assert nets.parameters(net, built(net)) == PARAMETERS[title]


@pytest.mark.parametrize(
    ("title", "size", "stride"),
    [("ConvNeXt-T", 1688, 32), ("DenseNet-121", 2071, 32), ("PatchGAN 70", 70, 8),
     ("Demucs encoder", 2388, 1024)],
)  # fmt: skip
def test_fields_as_others_have_them(nets, title, size, stride):
    net = nets.NETWORKS[title]
    if net.of_keras:
        pytest.importorskip("keras")
    analysis = analyze(built(net), net.shape)
    last = analysis[nets.endpoints(net, analysis)[-1]]
    assert set(last.size) == {size}
    assert set(last.stride) == {stride}


def test_demucs_in_milliseconds():
    """At the 64 kHz of the network: 37.3 ms of sound, every 16 ms, as its paper has it."""
    from _signal_nets import demucs_encoder

    field = analyze(demucs_encoder, (1, 8192, 1)).output
    assert round(field.size[0] / 64, 1) == 37.3
    assert field.stride[0] / 64 == 16


def test_causal_networks_see_the_past_of_their_formulas():
    from _signal_nets import TCN, WaveNet

    for levels, kernel in ((1, 2), (3, 3), (4, 7)):
        r = 1 + 2 * (kernel - 1) * (2**levels - 1)
        field = analyze(TCN(levels, kernel, 2), (1, 300, 1)).output
        assert (field.size, field.padding) == ((r,), (r - 1,))
    for cycles, depth in ((1, 1), (3, 4)):
        r = 2 + cycles * (2**depth - 1)
        field = analyze(WaveNet(cycles, depth, 2, 2), (1, 128, 1)).output
        assert (field.size, field.padding) == ((r,), (r - 1,))


def test_the_u_net_by_hand():
    """572 px give 388; what every phase sees, from the two ends of its longest paths."""
    from _image_nets import UNet

    analysis = analyze(UNet(width=1), (1, 572, 572, 1))
    assert analysis.endpoint_shape("classes") == (1, 388, 388, 2)
    axis = analysis["classes"].axes[0]
    assert (axis.period, axis.stride) == (16, 1)
    for u in (0, 5, 8, 15, 100, 387):
        low, high = _unet_field(u)
        assert (axis.interval(u).low, axis.interval(u).high) == (low, high)
    assert (axis.interval(0).low, axis.interval(387).high) == (0, 571)


def _unet_field(u):
    """Indices, back from output u of the valid U-Net, through skips and the lower level at once."""

    def down(low, high, level):  # behind two convolutions of the contracting path
        high += 4
        return (low, high) if level == 0 else down(2 * low, 2 * high + 1, level - 1)

    def merged(low, high, level):  # behind two convolutions of the expanding path
        if level == 4:
            return down(low, high, 4)
        high += 4
        crop = (64 - 56, 136 - 104, 280 - 200, 568 - 392)[3 - level] // 2
        skip = down(low + crop, high + crop, level)
        below = merged(low // 2, high // 2, level + 1)
        return min(skip[0], below[0]), max(skip[1], below[1])

    return merged(u, u, 0)


@pytest.mark.slow  # its small sibling is the one by hand
def test_the_u_net_measured():
    from _image_nets import UNet

    for at in ((100, 100), (103, 92)):
        assert measure_support(UNet("SAME", 1), (1, 208, 208, 1), at=at).equal


def test_regnet_stages_of_the_paper():
    from _image_nets import regnet_stages

    assert regnet_stages(24, 24.48, 2.54, 22, 16) == [(32, 1), (64, 2), (160, 7), (384, 12)]
    assert regnet_stages(48, 27.89, 2.09, 16, 8) == [(48, 1), (104, 3), (208, 6), (440, 6)]


def test_messages_name_no_place_of_the_machine(nets):
    assert nets.without_place("reduce_sum (a/b at /x/y.py:1:2)") == "reduce_sum (a/b)"
    assert nets.without_place(None) == ""


def test_maps_are_binned_evenly():
    import _maps

    energy = np.zeros((100, 146))
    energy[50, 70:74] = 1.0
    decades = _maps.binned(energy)
    assert decades.shape == (72, 72)
    assert decades.max() == 0
    assert decades.min() == -12


def test_a_close_up_is_cut_at_what_was_measured():
    import _maps

    box = (Interval(0, 99), Interval(20, 90))
    assert _maps.window(box, (10.0, 50.5), (5.0, 3.0)) == [[0, 30], [38, 63]]


def test_numbers_have_as_many_digits_as_their_errors():
    from _maps import with_error

    assert with_error(23.4567, 0.123) == "23.46 ± 0.12"
    assert with_error(1234.5, 67.8) == "1234 ± 68"
    assert with_error(23.4567, None) == "23.5 (too few samples)"
    assert with_error(7.0, 0.0) == "7 ± 0"


@pytest.mark.slow  # two of the three networks are Keras'
def test_effective_fields_say_their_units(run):
    pytest.importorskip("keras")
    numbers = run("modern_erf", "--quick").numbers
    assert numbers["MobileNetV3-S"]["units"] == "2 inputs"
    assert numbers["TCN"]["units"] == "2 networks"
    for n in numbers.values():
        assert not n["enough"]
        assert n["share"] < 1.01
