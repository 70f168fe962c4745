"""The nine networks in onnx's own wheel, against a graph built by hand from their attributes."""

from functools import cache
from pathlib import Path
from time import process_time

import numpy as np
import onnx
import onnx.backend.test
import pytest

from jaxrf import Graph, Layer, analyze, solve_paths
from jaxrf.measure.support import SupportMeter

FOLDER = Path(onnx.backend.test.__file__).parent / "data" / "light"
SHAPE = (1, 3, 224, 224)
# The last feature map: name, r and S at 224 px, as the strides in the files have it. Published:
# DenseNet-121 2071; ResNet-50 with its strides in the 3x3 427 (in the first 1x1 it were 483).
LAST = {
    "bvlc_alexnet": ("n14", 195, 32),
    "densenet121": ("n907", 2071, 32),
    "inception_v1": ("n137", 715, 32),
    "inception_v2": ("n504", 699, 32),
    "resnet50": ("n171", 427, 32),
    "shufflenet": ("n198", 527, 32),
    "squeezenet": ("n60", 207, 16),
    "vgg19": ("n36", 268, 32),
    "zfnet512": ("n14", 155, 32),
}


@cache
def load(name: str):
    return onnx.load(FOLDER / f"light_{name}.onnx")


def by_hand(model, last: str) -> Graph:
    """One spatial axis of the file, node by node, from its attributes alone.

    Everything that is neither a convolution nor a pooling keeps its place in space: biases,
    activations, concatenations and shuffles of channels.
    """
    graph, made = Graph(), {}
    held = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        if value.name not in held:
            made[value.name] = graph.input(value.name, shape=SHAPE[2:3])
    for node in model.graph.node:
        operands = [made[name] for name in node.input if name in made]
        if not operands:
            continue
        layer = None
        if node.op_type in ("Conv", "MaxPool", "AveragePool"):
            a = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            pads = a.get("pads", [0] * 4)
            layer = Layer(
                a["kernel_shape"][0],
                a.get("strides", [1])[0],
                ((pads[0], pads[2]),),
                a.get("dilations", [1])[0],
            )
        for name in node.output:
            made[name] = name
        graph.add(node.output[0], layer, of=operands)
        if node.name == last:
            return graph
    raise AssertionError(last)


def names_of(model) -> dict[str, str]:
    return {node.name: node.output[0] for node in model.graph.node}


@pytest.mark.parametrize("name", LAST)
def test_fields_are_those_of_the_attributes(name):
    model = load(name)
    last, size, stride = LAST[name]
    before = process_time()
    analysis = analyze(model, SHAPE, strict=True)
    assert process_time() - before < 10  # a second or less; a shared machine has its moods
    assert analysis.approximate == ()
    graph, outputs = by_hand(model, last), names_of(model)
    endpoints = [n for n in analysis.names if outputs.get(n) in {node.name for node in graph}]
    assert endpoints[-1] == last
    for endpoint in [*endpoints[:: max(1, len(endpoints) // 20)], last]:
        (source,) = (node.name for node in graph if node.op == "input")
        hand = solve_paths(graph, outputs[endpoint])
        expected, field = hand.maps[source], analysis[endpoint]
        got = (field.size[0], field.stride[0], field.padding[0], field.aligned)
        assert got == (expected.size, expected.stride, expected.padding, hand.aligned), endpoint
        shape = analysis.endpoint_shape(endpoint)
        assert len(shape) != 4 or shape[2] == graph[outputs[endpoint]].shape[0]
        assert not field.is_global
    assert (analysis[last].size, analysis[last].stride) == ((size,) * 2, (stride,) * 2)


def test_inception_v2_is_misaligned_where_a_pool_pads_only_the_end():
    """Its 3x3 pools of stride 2 pad (0, 1), the convolutions beside them (1, 1): one pixel apart.

    One pixel of their input, whose stride is 8 and then 16.
    """
    model = load("inception_v2")
    analysis = analyze(model, SHAPE)
    assert not analysis["n504"].aligned
    found = [m for m in analysis.misaligned if m.axis == 2]
    assert [m.node.split("/")[0] for m in found] == ["n161", "n402"]
    assert [m.offsets for m in found] == [(8, 8), (16, 16)]
    for misaligned in found:
        assert misaligned.source == ""  # the node's name says where, no line of Python does
        pools = [m.split("/")[0] for m in misaligned.operands if "reduce_window" in m]
        (pool,) = (node for node in model.graph.node if node.name in pools)
        (pads,) = (a.ints for a in pool.attribute if a.name == "pads")
        assert list(pads) == [0, 0, 1, 1]


def test_measured_support_is_the_exact_one():
    """SqueezeNet's first modules, whose fields lie inside the image, an impulse at a time."""
    analysis = analyze(load("squeezenet"), (1, 3, 64, 64))
    meter = SupportMeter(analysis, "n17")
    for at in ((0, 0), (3, 3), (6, 2)):
        measured = meter.measure(at, plain=False)
        assert measured.equal
        assert 0 < measured.support.mask.sum() < 64 * 64


def test_an_image_of_another_size_is_analysed():
    """The files say 224 px; fields in the interior do not depend on it."""
    small = analyze(load("squeezenet"), (1, 3, 96, 128))
    assert small["n60"].size == (207, 207)
    assert np.array_equal(small.endpoint_shape("n60")[2:], (5, 7))
