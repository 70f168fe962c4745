"""Numbers of parameters against published ones, head and all: every literal names its source.

Trainable parameters unless said otherwise: kernels, biases, beta, and gamma where TF-Slim has it.
"""

import functools
import math

import jax
import pytest

from tests.helpers import slim
from tests.helpers.slow import some_slow
from tests.helpers.zootraces import variables


@functools.cache
def counts(name: str) -> tuple[int, int, int]:
    """Trainable parameters, running statistics, and channels that pass a BatchNorm."""
    found = variables(name, 1.0)
    statistics = jax.tree.leaves(found.get("batch_stats", {}))
    total = sum(leaf.size for leaf in jax.tree.leaves(found["params"]))
    moving = sum(leaf.size for leaf in statistics)
    assert moving % 2 == 0  # a mean and a variance each
    return total, moving, moving // 2


def head(features: int, classes: int = 1000) -> int:
    """A classifier: weights and a bias for every class."""
    return (features + 1) * classes


# VGG: fc6 from 7x7x512 to 4096, fc7, fc8.
VGG_HEAD = head(25_088, 4096) + head(4096, 4096) + head(4096)

PUBLISHED = {
    # torchvision's AlexNet has 61,100,840, of which fc6..fc8 58,631,144, and 256 channels in conv4
    # where TF-Slim has 384 (737,408 more).
    "alexnet_v2": 61_100_840 - 58_631_144 + 737_408,
    # torchvision, vgg11.
    "vgg_a": 132_863_336 - VGG_HEAD,
    # Keras and torchvision, VGG16.
    "vgg_16": 138_357_544 - VGG_HEAD,
    # Keras, MobileNet, less its 21,888 running statistics (total 4,253,864); also imgclsmob.
    "mobilenet_v1": 4_231_976 - head(1024),
    # imgclsmob (github.com/osmr/imgclsmob), "MobileNet x0.75"; Howard et al. round it to 2.6 M.
    "mobilenet_v1_075": 2_585_560 - head(768),
    # Keras, InceptionV3: total 23,851,784 less 34,432 running statistics.
    "inception_v3": 23_851_784 - 34_432 - head(2048),
    # Keras, InceptionResNetV2: total 55,873,736 less 60,544 running statistics.
    "inception_resnet_v2": 55_873_736 - 60_544 - head(1536),
    "inception_resnet_v2-same": 55_873_736 - 60_544 - head(1536),
    # torchvision. Where the stride stands does not change them.
    "resnet_v1_50": 25_557_032 - head(2048),
    "resnet_v1_101": 44_549_160 - head(2048),
    "resnet_v1_152": 60_192_808 - head(2048),
    # imgclsmob, "ResNet-200".
    "resnet_v1_200": 64_673_832 - head(2048),
    # Keras, ResNet50V2, 101V2, 152V2: totals less running statistics.
    "resnet_v2_50": 25_613_800 - 45_440 - head(2048),
    "resnet_v2_101": 44_675_560 - 97_664 - head(2048),
    "resnet_v2_152": 60_380_648 - 143_744 - head(2048),
}


DEEP = [n for n in PUBLISHED if n.endswith(("101", "152", "200"))]


@pytest.mark.parametrize("name", some_slow(PUBLISHED, DEEP))
def test_trainable_parameters(name):
    assert counts(name)[0] == PUBLISHED[name]


def test_every_network_is_counted():
    others = {"inception_v2", "inception_v2-no-separable-conv", "inception_v4", "resnet_v2_200"}
    assert PUBLISHED.keys() | others == set(slim.NAMES)


@pytest.mark.parametrize(("name", "published"), [("inception_v2", 10_173_112),
                                                 ("inception_v3", 21_802_784)])  # fmt: skip
def test_variables_as_counted_by_slim(name, published):
    # testModelHasExpectedNumberOfParameters in research/slim/nets/inception_v2_test.py and _v3_: of
    # the base network, running statistics included.
    trainable, statistics, _ = counts(name)
    assert trainable + statistics == published


def test_plain_root_of_inception_v2():
    # 7x7x3 -> 64 with BatchNorm, in place of 7x7x3 x 8, 24 -> 64 and a bias.
    separable, plain = counts("inception_v2"), counts("inception_v2-no-separable-conv")
    assert plain[0] - separable[0] == 49 * 3 * 64 + 64 - (49 * 3 * 8 + 24 * 64 + 64)
    assert plain[2] - separable[2] == 64


@pytest.mark.parametrize(("name", "published"), [("inception_v4", 42_679_816),
                                                 ("inception_resnet_v2", 55_843_464)])  # fmt: skip
def test_with_the_gamma_that_others_have(name, published):
    # imgclsmob, and the ports from which it took them, have gamma where TF-Slim has none.
    trainable, _, channels = counts(name)
    assert trainable + channels + head(1536) == published


@pytest.mark.parametrize(
    ("layers", "published"),
    [
        (50, 25_549_480),
        pytest.param(101, 44_541_608, marks=pytest.mark.slow),
        pytest.param(152, 60_185_256, marks=pytest.mark.slow),
        pytest.param(200, 64_666_280, marks=pytest.mark.slow),
    ],
)
def test_resnet_v2_less_its_biases(layers, published):
    # imgclsmob, "PreResNet": no biases on what writes to the stream, and a BatchNorm after conv1.
    units = slim.RESNET_UNITS[layers]
    depths = (256, 512, 1024, 2048)
    biases = 64 + sum(depth * (1 + count) for depth, count in zip(depths, units, strict=True))
    assert counts(f"resnet_v2_{layers}")[0] - biases + 2 * 64 + head(2048) == published


@pytest.mark.parametrize(("name", "kernels"), [("mobilenet_v1", 3_185_088),
                                               ("mobilenet_v1_075", 1_800_144)])  # fmt: skip
def test_mobilenet_as_listed_by_slim(name, kernels):
    # The totals in research/slim/nets/mobilenet_v1.py: kernels alone. TF-Slim's own test counts
    # 3,217,920 at full width, with beta, mean and variance: it leaves gamma out.
    leaves = jax.tree.leaves(variables(name, 1.0)["params"])
    assert sum(leaf.size for leaf in leaves if leaf.ndim == 4) == kernels
    channels = counts(name)[2]
    assert counts(name)[0] == kernels + 2 * channels
    if name == "mobilenet_v1":
        assert kernels + 3 * channels == 3_217_920


KERAS = {
    "vgg_16": "VGG16",
    "mobilenet_v1": "MobileNet",
    "inception_v3": "InceptionV3",
    "inception_resnet_v2": "InceptionResNetV2",
    "resnet_v2_50": "ResNet50V2",
    "resnet_v2_101": "ResNet101V2",
    "resnet_v2_152": "ResNet152V2",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", KERAS)
def test_as_keras_builds_it(name, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    applications = pytest.importorskip("keras").applications
    model = getattr(applications, KERAS[name])(weights=None, include_top=False)
    assert counts(name)[:2] == tuple(
        sum(math.prod(w.shape) for w in weights)
        for weights in (model.trainable_weights, model.non_trainable_weights)
    )
