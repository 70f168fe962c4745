"""Numbers of parameters against published ones; every literal names its source."""

import functools
import math

import jax
import pytest

from tests.helpers import slim
from tests.helpers.slow import some_slow
from tests.helpers.zooexpected import EXPECTED, head
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


PUBLISHED = {n: row.parameters for n, row in EXPECTED.items() if row.parameters is not None}
DEEP = [n for n in PUBLISHED if n.endswith(("101", "152", "200"))]


@pytest.mark.parametrize("name", some_slow(PUBLISHED, DEEP))
def test_trainable_parameters(name):
    assert counts(name)[0] == PUBLISHED[name]


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
