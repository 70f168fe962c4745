"""Constants of graphs inside nodes are weights as well: a learned zero there is no missing edge.

Covers: frameworks.onnx.operators.control, frameworks.onnx.values.
"""

import jax
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from jaxrf import analyze, measure_erf
from jaxrf.frameworks.adapt import as_network
from tests.helpers.onnxnodes import run

SHAPE = (1, 1, 20)
ENDS = np.array([[[1, 0, 0, 0, 1]]])  # five taps, three of them zero


def body_nodes(kind, source):
    """A convolution by a kernel that is held in one of the ways of exporters."""
    conv = helper.make_node("Conv", [source, "w"], ["b"], "conv", pads=[2, 2])
    whole = numpy_helper.from_array(ENDS.astype(np.int8), "q")
    floats = numpy_helper.from_array(ENDS.astype(np.float32), "w")
    scale = numpy_helper.from_array(np.float32(1), "s")
    dequantise = helper.make_node("DequantizeLinear", ["q", "s"], ["w"], "dq")
    return {
        "initialiser": ([conv], [floats]),
        "constant": ([helper.make_node("Constant", [], ["w"], value=floats), conv], []),
        "quantised initialiser": ([dequantise, conv], [whole, scale]),
        "quantised constant": (
            [
                helper.make_node("Constant", [], ["q"], value=whole),
                helper.make_node("Constant", [], ["s"], value_float=1.0),
                dequantise,
                conv,
            ],
            [],
        ),
    }[kind]


def holding(kind, op, opset):
    """A node with a graph inside that convolves."""
    read = "x" if op == "If" else "h"
    nodes, held = body_nodes(kind, read)
    out = [onnx.ValueInfoProto(name="b")]
    state = helper.make_tensor_value_info("h", TensorProto.FLOAT, SHAPE)
    if op == "If":
        other = helper.make_graph(
            [helper.make_node("Identity", ["x"], ["e"])],
            *("else", [], [onnx.ValueInfoProto(name="e")]),
        )
        node = helper.make_node(
            *("If", ["yes"], ["y"], "if"),
            then_branch=helper.make_graph(nodes, "then", [], out, held),
            else_branch=other,
        )
    elif op == "Loop":
        counted = [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ]
        body = helper.make_graph(
            [*nodes, helper.make_node("Identity", ["go"], ["on"])],
            *("body", [*counted, state], [onnx.ValueInfoProto(name="on"), *out], held),
        )
        node = helper.make_node("Loop", ["once", "", "x"], ["y"], "loop", body=body)
    else:
        step = helper.make_tensor_value_info("t", TensorProto.FLOAT, [])
        body = helper.make_graph(nodes, "body", [state, step], out, held)
        node = helper.make_node("Scan", ["x", "steps"], ["y"], "scan", body=body, num_scan_inputs=1)
    graph = helper.make_graph(
        [node],
        "holding",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [onnx.ValueInfoProto(name="y")],
        [
            numpy_helper.from_array(np.array(True), "yes"),
            numpy_helper.from_array(np.array(1), "once"),
            numpy_helper.from_array(np.zeros(1, np.float32), "steps"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


KINDS = ("initialiser", "constant", "quantised initialiser", "quantised constant")


@pytest.mark.parametrize("op", ["If", "Loop", "Scan"])
@pytest.mark.parametrize("kind", KINDS)
def test_zeros_inside_are_weights(kind, op):
    for opset in (13, 21):
        model = holding(kind, op, opset)
        analysis = analyze(model, SHAPE)
        assert analysis.output.size == (5,)
        assert analysis.output.padding == (2,)
        assert analysis.support("y", (10,)).mask.sum() == 5  # no holes
        assert analysis.approximate == ()
    x = np.arange(20, dtype=np.float32).reshape(SHAPE)
    expected = np.convolve(x[0, 0], [1, 0, 0, 0, 1], "same")
    np.testing.assert_allclose(run(model, {"x": x})[0][0, 0], expected)


def test_they_are_variables_of_their_own():
    """Both branches may use one name."""
    then, other = body_nodes("initialiser", "x"), body_nodes("quantised constant", "x")
    out = [onnx.ValueInfoProto(name="b")]
    node = helper.make_node(
        *("If", ["c"], ["y"], "if"),
        then_branch=helper.make_graph(then[0], "then", [], out, then[1]),
        else_branch=helper.make_graph(other[0], "else", [], out, other[1]),
    )
    graph = helper.make_graph(
        [node],
        "both",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE),
            helper.make_tensor_value_info("c", TensorProto.BOOL, []),
        ],
        [onnx.ValueInfoProto(name="y")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)])
    shapes = (jax.ShapeDtypeStruct(SHAPE, np.float32), jax.ShapeDtypeStruct((), np.bool_))
    assert set(as_network(model, shapes).variables) == {
        *("y/then_branch/w", "y/else_branch/q", "y/else_branch/s")
    }
    assert analyze(model, list(shapes)).output.size == (5,)


def test_the_trained_zeros_show_in_the_measurement():
    erf = measure_erf(holding("quantised initialiser", "If", 13), SHAPE, samples=1)
    assert np.flatnonzero(erf.map).tolist() == [8, 12]


def test_a_known_value_of_an_operator_that_the_reference_lacks():
    """DequantizeLinear of opset 13 over integers that are no weights: a size."""
    sizes = numpy_helper.from_array(np.array([1, 2, 10], np.int32), "q")
    graph = helper.make_graph(
        [
            helper.make_node("Shape", ["x"], ["n"]),
            helper.make_node("Cast", ["n"], ["f"], to=TensorProto.FLOAT),
            helper.make_node("DequantizeLinear", ["q", "one"], ["d"]),
            helper.make_node("Cast", ["d"], ["to"], to=TensorProto.INT64),
            helper.make_node("Reshape", ["x", "to"], ["y"], "reshape"),
        ],
        "sized",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [onnx.ValueInfoProto(name="y")],
        [sizes, numpy_helper.from_array(np.float32(1), "one")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    assert analyze(model, SHAPE).endpoint_shape("y") == (1, 2, 10)
