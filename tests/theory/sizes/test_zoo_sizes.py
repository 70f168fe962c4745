"""Published networks at every residue against the closed form, and against ``analyze``."""

import pytest

from jaxrf import analyze, analyze_sizes, zoo
from jaxrf.theory.sizes import AxisAnswer
from tests.helpers.closedform import MOBILENET_V1, RESNET_V1_50, VGG_16, field

NETWORKS = {
    "vgg_16": (VGG_16, "pool5", (212, 32)),
    "mobilenet_v1": (MOBILENET_V1, "Conv2d_13_pointwise", (315, 32)),
    "resnet_v1_50": (RESNET_V1_50, "block4", (483, 32)),
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    model = zoo.load(request.param, width=0.0625)
    return request.param, model, analyze_sizes(model, (1, None, None, 3))


def test_every_residue_by_hand(network):
    name, _, sizes = network
    steps, endpoint, (size, stride) = NETWORKS[name]
    found = sizes[endpoint]
    assert found.proved
    assert found.aligned
    assert found.size == (size, size)
    assert found.stride == (stride, stride)
    for n in range(224, 224 + 64):
        for answer in found.at(n):
            assert (answer.size, answer.stride, answer.padding) == field(steps, n)
    depends = {field(steps, n)[2] for n in range(224, 256)}
    assert found.depends == (("padding",) if len(depends) > 1 else ())


@pytest.mark.parametrize("lengths", [(224, 225), (97, 254)])
def test_every_endpoint_as_analysed(network, lengths):
    _, model, sizes = network
    analysis = analyze(model, (1, *lengths, 3))
    assert sizes.names == analysis.names
    for name, expected in analysis.items():
        assert sizes[name].at(lengths) == tuple(map(AxisAnswer.of, expected.axes)), name


@pytest.mark.slow
def test_every_residue_as_analysed(network):
    _, model, sizes = network
    for n in range(256, 288):
        for name, expected in analyze(model, (1, n, n, 3)).items():
            assert sizes[name].at(n) == tuple(map(AxisAnswer.of, expected.axes)), (name, n)
