"""End-points of the zoo under TF-Slim's names, in TF-Slim's shapes."""

import json
from pathlib import Path

import pytest

from tests.helpers.slow import some_slow
from tests.zoo import slim
from tests.zoo.tracing import endpoints, traced

ROOT = Path(__file__).parent.parent.parent


DEEP = [n for n in slim.NAMES if n.endswith(("101", "152", "200", "v4", "inception_resnet_v2"))]


@pytest.mark.parametrize("name", some_slow(slim.NAMES, DEEP))
def test_endpoints_are_those_of_slim(name):
    named = endpoints(name, 224)
    assert [n for n, _ in named] == slim.endpoints(name)
    assert named[-1][1] == traced(name, 224)[1].shape


@pytest.mark.parametrize("name", some_slow(slim.INCEPTIONS, DEEP))
def test_shapes_are_those_of_slim(name):
    size, expected = slim.inception_shapes(name)
    assert endpoints(name, size, 1.0) == expected


def test_endpoints_of_the_article_are_there():
    # The names that the article's comprehensive table reports, copied rather than generated.
    reported = json.loads((ROOT / "experiments" / "_endpoints.json").read_text())
    listed = reported["endpoints"]
    assert tuple(listed) == slim.NAMES
    for name, names in listed.items():
        assert set(names) <= set(slim.endpoints(name)), name


OUTPUTS = {  # (height at 224, height at 321, channels)
    "alexnet_v2": (5, 8, 256),
    "vgg_a": (7, 10, 512),
    "vgg_16": (7, 10, 512),
    "mobilenet_v1": (7, 11, 1024),
    "mobilenet_v1_075": (7, 11, 768),
    **dict.fromkeys(slim.RESNETS, (7, 11, 2048)),
}


@pytest.mark.parametrize("name", some_slow(OUTPUTS, DEEP))
def test_output_shapes(name):
    at_224, at_321, channels = OUTPUTS[name]
    assert traced(name, 224)[1].shape == (1, at_224, at_224, channels // 16)
    assert traced(name, 321)[1].shape == (1, at_321, at_321, channels // 16)
    assert traced(name, 224, 1.0)[1].shape == (1, at_224, at_224, channels)


@pytest.mark.parametrize("name", some_slow(slim.RESNETS, DEEP))
@pytest.mark.parametrize(("size", "heights"), [(224, (28, 14, 7, 7)), (321, (41, 21, 11, 11))])
def test_resnet_strides_in_the_last_unit(name, size, heights):
    # Block heights as in TF-Slim's own tests of complete networks.
    version, units = slim.RESNETS[name]
    shapes = dict(endpoints(name, size))
    before = (size + 3) // 4
    for block, height in enumerate(heights, start=1):
        count = units[block - 1]
        for unit in range(1, count + 1):
            expected = height if unit == count else before
            assert shapes[f"{name}/block{block}/unit_{unit}/bottleneck_{version}"][1] == expected
        assert shapes[f"{name}/block{block}"][1] == height
        before = height
