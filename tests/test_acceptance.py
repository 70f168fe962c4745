"""What the first version promises: published fields, and measurement equal to theory."""

import functools

import numpy as np
import pytest

import jaxrf
from jaxrf import zoo
from jaxrf.comparison.features import features
from jaxrf.measure.support import SupportMeter
from tests.helpers.slow import some_slow

# r, S, P of the last feature map: Araujo, Norris and Sim, Distill 2019, the table of networks.
PUBLISHED = {
    "alexnet_v2": (195, 32, 64),
    "vgg_16": (212, 32, 90),
    "mobilenet_v1": (315, 32, 126),
    "mobilenet_v1_075": (315, 32, 126),
    "resnet_v1_50": (483, 32, 239),
    "inception_v2": (699, 32, 318),
    "resnet_v1_101": (1027, 32, 511),
    "inception_v3": (1311, 32, 618),
    "resnet_v1_152": (1507, 32, 751),
    "resnet_v1_200": (1763, 32, 879),
    "inception_v4": (2071, 32, 998),
    "inception_resnet_v2": (3039, 32, 1482),
}
# FLOPs in units of 1e9 at 224 px, from the article's figure, which leaves two networks out.
PUBLISHED_GFLOPS = {
    "alexnet_v2": 1.38,
    "vgg_16": 30.71,
    "mobilenet_v1": 1.14,
    "resnet_v1_50": 6.97,
    "inception_v2": 3.88,
    "resnet_v1_101": 14.4,
    "inception_v3": 5.69,
    "resnet_v1_152": 21.82,
    "inception_v4": 12.27,
    "inception_resnet_v2": 12.96,
}


@functools.cache
def _at_224(name: str) -> jaxrf.Analysis:
    return jaxrf.analyze(zoo.load(name), (1, 224, 224, 3))


# Of the deep ones the one with the largest field always runs.
DEEP = ("resnet_v1_101", "resnet_v1_152", "resnet_v1_200", "inception_v3", "inception_v4")


@pytest.mark.parametrize("name", some_slow(PUBLISHED, DEEP))
def test_published_fields(name):
    size, stride, padding = PUBLISHED[name]
    field = _at_224(name).output
    assert field.size == (size, size)
    assert field.stride == (stride, stride)
    assert field.padding == (padding, padding)
    assert field.aligned
    assert not field.is_global
    assert not _at_224(name).approximate


@pytest.mark.parametrize("name", some_slow(PUBLISHED_GFLOPS, DEEP))
def test_published_flops(name):
    analysis = _at_224(name)
    gflops = analysis.flops(analysis.traced.output) / 1e9
    assert gflops == pytest.approx(PUBLISHED_GFLOPS[name], rel=0.02)


def _check_support(name: str, pixels: int, width: float) -> None:
    analysis = jaxrf.analyze(zoo.load(name, width=width), (1, pixels, pixels, 3))
    meter = SupportMeter(analysis)
    size = PUBLISHED[name][0]
    chosen = features(analysis, analysis.traced.output)
    assert {"corner", "edge", "center"} <= chosen.keys()
    for label, at in chosen.items():
        measured = meter.measure(at)
        assert measured.equal, (label, at, measured.missing, measured.excess)
        if label == "center":  # the whole field fits: its measured extent is the published r
            assert tuple(i.size for i in measured.support.box) == (size, size)
            assert measured.support.box == analysis.output.box(at)
            assert np.count_nonzero(measured.support.mask) == size**2


@pytest.mark.parametrize(
    ("name", "pixels", "width"),
    [
        ("alexnet_v2", 259, 0.125),
        pytest.param("vgg_16", 256, 0.125, marks=pytest.mark.slow),
        pytest.param("mobilenet_v1", 352, 0.125, marks=pytest.mark.slow),
    ],
)
def test_measured_support_is_theory(name, pixels, width):
    _check_support(name, pixels, width)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "pixels"), [("resnet_v1_50", 544), ("resnet_v1_101", 1088), ("resnet_v1_152", 1568)]
)
def test_measured_support_is_theory_deep(name, pixels):
    _check_support(name, pixels, 1 / 16)
