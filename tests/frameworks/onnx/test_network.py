"""An ONNX model as a network: weights, inputs, end-points, control flow, what is not known.

Covers: frameworks.onnx.interpreter, frameworks.onnx.model, frameworks.onnx.types.
"""

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from jaxrf import analyze, measure_erf
from jaxrf.errors import InvalidInput, ModelError
from jaxrf.frameworks.adapt import as_network
from jaxrf.measure.support import measure_support
from tests.helpers.onnxgraphs import KERNEL, SHAPE, conv, graph
from tests.helpers.onnxnodes import floats, run


def abstract(*shapes):
    return tuple(jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes)


def test_weights_are_the_file_s_whatever_the_key():
    filled = helper.make_tensor("v", TensorProto.FLOAT, [1], [0.25])
    model = graph(
        [
            helper.make_node("ConstantOfShape", ["shape"], ["b"], value=filled),
            helper.make_node("Constant", [], ["scale"], value_float=3.0),
            helper.make_node("Conv", ["x", "w", "b"], ["h"], pads=[1] * 4),
            helper.make_node("Mul", ["h", "scale"], ["y"]),
        ],
        held={"w": np.zeros((32, 2, 3, 3), np.float32), "shape": np.array([32])},
    )
    network = as_network(model, abstract(SHAPE))
    variables = network.init(jax.random.key(7))
    assert {name: v.shape for name, v in variables.items()} == {
        "w": (32, 2, 3, 3),
        "b": (32,),
        "scale": (),
    }
    output, _ = network.apply(variables, jnp.ones(SHAPE))
    np.testing.assert_array_equal(output, np.full((1, 32, 12, 10), 0.75))
    # a learned zero is not a missing connection, but measuring the trained network sees it
    assert analyze(model, SHAPE).output.size == (3, 3)
    assert not measure_support(model, SHAPE).plain.mask.any()


def test_the_effective_field_is_that_of_the_trained_weights():
    kernel = np.zeros((2, 2, 3, 3), np.float32)
    kernel[:, :, 0, 2] = 1  # looks one up, one to the right
    model = graph([conv("x", "y")], held={"w": kernel})
    erf = measure_erf(model, SHAPE, samples=2)
    seen = np.argwhere(erf.map > 0)
    np.testing.assert_array_equal(seen, [[6 - 1, 5 + 1]])


def test_end_points_are_feature_maps_under_the_names_of_the_file():
    model = graph(
        [
            conv("x", "a", "stem"),
            helper.make_node("Relu", ["a"], ["relu_out"]),
            helper.make_node("Identity", ["relu_out"], ["same"], "an identity"),
            helper.make_node("Shape", ["same"], ["s"]),
            helper.make_node("Split", ["same"], ["left", "right"], "split", axis=1, num_outputs=2),
            helper.make_node("ReduceMean", ["left", "axes"], ["flat"], "mean", keepdims=0),
            conv("same", "y", "head"),
            helper.make_node("Greater", ["y", "y"], ["flags"], "flags"),
        ],
        held={"w": KERNEL, "axes": np.array([2, 3])},
        outputs=("flat", "y"),
    )
    analysis = analyze(model, SHAPE)
    assert analysis.spatial_axes == (2, 3)
    assert analysis.names == ("stem", "relu_out", "left", "right", "flat", "y")
    assert analysis.traced.output == "y"
    assert analysis.output.size == (5, 5)
    assert analysis["flat"].is_global


def test_inputs_are_told_apart_by_their_names():
    model = graph(
        [conv("x", "a"), helper.make_node("Add", ["a", "mask"], ["y"])],
        inputs=(("x", SHAPE), ("mask", SHAPE)),
        held={"w": KERNEL},
    )
    analysis = analyze(model, [SHAPE, SHAPE])
    assert analysis.output.size == (3, 3)
    assert analysis.with_respect_to("mask").output.size == (1, 1)
    alone = analyze(model, SHAPE)
    assert alone.output.size == (3, 3)
    assert alone.assumed == ("input mask: 1x2x12x10, as the file declares",)
    with pytest.raises(InvalidInput, match="got 3 inputs, the file needs 2: x .*, mask"):
        analyze(model, [SHAPE, SHAPE, SHAPE])


def test_what_is_known_is_computed_without_jax():
    """Shape arithmetic, in floats as well, leaves no equation behind."""
    scale = numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32))
    model = graph(
        [
            helper.make_node("Shape", ["x"], ["s"]),
            helper.make_node("Cast", ["s"], ["sf"], to=TensorProto.FLOAT),
            helper.make_node("Constant", [], ["two"], value=scale),
            helper.make_node("Div", ["sf", "two"], ["half"]),
            helper.make_node("Cast", ["half"], ["target"], to=TensorProto.INT64),
            helper.make_node("Gather", ["target", "last"], ["width"]),
            helper.make_node("Concat", ["width", "rest"], ["flat"], axis=0),
            helper.make_node("Reshape", ["x", "flat"], ["y"]),
        ],
        held={"last": np.array([3]), "rest": np.array([-1])},
    )
    network = as_network(model, abstract(SHAPE))
    variables = network.init(None)
    jaxpr = jax.make_jaxpr(network.apply)(variables, jnp.ones(SHAPE))
    assert [e.primitive.name for e in jaxpr.eqns] == ["reshape"]
    assert network.apply(variables, jnp.ones(SHAPE))[0].shape == (5, 48)


def test_weights_may_be_computed_from_weights():
    model = graph(
        [
            helper.make_node("Transpose", ["v"], ["t"], perm=[1, 0, 2, 3]),
            helper.make_node("Neg", ["t"], ["w"]),
            conv("x", "y"),
        ],
        held={"v": KERNEL},
    )
    network = as_network(model, abstract(SHAPE))
    variables = network.init(None)
    found = network.apply(variables, jnp.ones(SHAPE))[0]
    direct = graph([conv("x", "y")], held={"w": -KERNEL.transpose(1, 0, 2, 3)})
    np.testing.assert_allclose(found, run(direct, {"x": np.ones(SHAPE, np.float32)})[0], rtol=1e-5)
    assert list(variables) == ["v"]


def test_what_has_no_mapping_is_computed_where_it_is_known():
    """NonZero has a shape that depends on values; of a constant, even a float one, it is known."""
    chosen = numpy_helper.from_array(np.array([0, 1, 0, 0, 2], np.float32))
    model = graph(
        [
            helper.make_node("Constant", [], ["flags"], value=chosen),
            helper.make_node("NonZero", ["flags"], ["found"]),
            helper.make_node("Gather", ["x", "found"], ["y"], axis=2),
        ]
    )
    analysis = analyze(model, SHAPE, strict=True)
    assert analysis.endpoint_shape("y") == (1, 2, 1, 2, 10)
    rows = analysis.support("y").mask.any(1)
    assert set(np.flatnonzero(rows)) <= {1, 4}


def branch(op, name):
    """A graph that reads x of the graph around it."""
    return helper.make_graph(
        [helper.make_node(op, ["x"], [name])], op, [], [onnx.ValueInfoProto(name=name)]
    )


@pytest.mark.parametrize(("flag", "sign"), [(True, -1), (False, 1)])
def test_if_takes_the_branch_of_a_known_condition(flag, sign):
    choose = helper.make_node(
        "If", ["flag"], ["y"], then_branch=branch("Neg", "n"), else_branch=branch("Abs", "a")
    )
    model = graph([choose], held={"flag": np.array(flag)})
    (found,) = run(model, {"x": np.full(SHAPE, 2, np.float32)})
    np.testing.assert_array_equal(found, np.full(SHAPE, 2.0 * sign))


def held(nodes, made):
    """A graph inside a node: one output, what it reads comes from around it."""
    return helper.make_graph(nodes, made, [], [onnx.ValueInfoProto(name=made)])


def test_nodes_of_the_branch_that_is_taken_are_end_points():
    inner = held([conv("c", "d", "conv"), helper.make_node("Relu", ["d"], ["r"], "relu")], "r")
    never = held([helper.make_node("Abs", ["c"], ["n"], "abs")], "n")
    deep = helper.make_node("If", ["flag"], ["b"], "inner", then_branch=inner, else_branch=never)
    outer = held([helper.make_node("Neg", ["c"], ["m"], "neg"), deep], "b")
    model = graph(
        [
            conv("x", "c", "conv"),
            helper.make_node("If", ["flag"], ["o"], "outer", then_branch=outer, else_branch=never),
            helper.make_node("Exp", ["o"], ["y"]),
        ],
        held={"flag": np.array(True), "w": KERNEL},
    )
    analysis = analyze(model, SHAPE)
    sizes = {name: field.size[0] for name, field in analysis.items()}
    assert sizes == {
        "conv": 3, "neg": 3, "d": 5, "relu": 5, "inner": 5, "outer": 5, "y": 5
    }  # fmt: skip


def test_both_branches_are_end_points_where_the_input_decides():
    sides = [
        held(
            [conv("x", name, name), helper.make_node("Exp", [name], [f"{name}_out"])], f"{name}_out"
        )
        for name in ("left", "right")
    ]
    model = graph(
        [
            helper.make_node("ReduceSum", ["x"], ["total"], keepdims=0),
            helper.make_node("Greater", ["total", "zero"], ["flag"]),
            helper.make_node("If", ["flag"], ["y"], then_branch=sides[0], else_branch=sides[1]),
        ],
        held={"zero": np.float32(0), "w": KERNEL},
    )
    assert analyze(model, SHAPE).names == ("left", "left_out", "right", "right_out", "y")


def test_if_on_the_input_reads_both_branches_and_the_condition():
    model = graph(
        [
            helper.make_node("ReduceSum", ["x"], ["total"], keepdims=0),
            helper.make_node("Greater", ["total", "zero"], ["flag"]),
            helper.make_node(
                "If",
                ["flag"],
                ["y"],
                then_branch=branch("Neg", "n"),
                else_branch=branch("Exp", "e"),
            ),
        ],
        held={"zero": np.float32(0)},
    )
    x = floats(*SHAPE)
    (found,) = run(model, {"x": x})
    np.testing.assert_allclose(found, -x if x.sum() > 0 else np.exp(x), rtol=1e-6)
    field = analyze(model, SHAPE).output
    assert field.is_global
    assert field.size == (1, 1)


def test_loop_is_unrolled():
    values = {
        name: helper.make_tensor_value_info(name, kind, None)
        for name, kind in (
            *(("i", TensorProto.INT64), ("go", TensorProto.BOOL), ("h", TensorProto.FLOAT)),
            *(("on", TensorProto.BOOL), ("out", TensorProto.FLOAT), ("piece", TensorProto.FLOAT)),
        )
    }
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            conv("h", "out"),
            helper.make_node("Identity", ["out"], ["piece"]),
        ],
        "body",
        [values[n] for n in ("i", "go", "h")],
        [values[n] for n in ("on", "out", "piece")],
    )
    model = graph(
        [helper.make_node("Loop", ["times", "", "x"], ["y", "all"], body=body)],
        held={"times": np.array(3), "w": KERNEL},
        outputs=("all", "y"),
    )
    analysis = analyze(model, SHAPE)
    assert analysis.output.size == (7, 7)  # three 3x3 convolutions
    assert analysis.endpoint_shape("all") == (3, *SHAPE)
    steps = {name: field.size for name, field in analysis.items() if name.startswith("out")}
    assert steps == {"out": (3, 3), "out#2": (5, 5), "out#3": (7, 7)}


def looping(going: str, times: str = ""):
    """Adds up what it captures, for as long as ``going`` says."""
    values = {
        name: helper.make_tensor_value_info(name, kind, shape)
        for name, kind, shape in (
            *(("i", TensorProto.INT64, []), ("go", TensorProto.BOOL, [])),
            *(("h", TensorProto.FLOAT, SHAPE), ("on", TensorProto.BOOL, [])),
            ("out", TensorProto.FLOAT, SHAPE),
        )
    }
    nodes = {
        "always": [helper.make_node("Identity", ["go"], ["on"])],
        "below": [
            helper.make_node("ReduceMax", ["h"], ["most"], keepdims=0),
            helper.make_node("Less", ["most", "limit"], ["on"]),
        ],
    }
    body = helper.make_graph(
        [*nodes[going], helper.make_node("Add", ["h", "less"], ["out"])],
        "body",
        [values[n] for n in ("i", "go", "h")],
        [values[n] for n in ("on", "out")],
    )
    return graph(
        [
            helper.make_node("Neg", ["x"], ["less"]),
            helper.make_node("Loop", [times, "", "x"], ["y"], body=body, name="again"),
        ],
        held={"limit": np.float32(9), "few": np.array(3), "many": np.array(10**9)},
    )


@pytest.mark.parametrize("times", ["", "many"])
def test_a_loop_that_is_too_long_is_bounded(monkeypatch, times):
    monkeypatch.setattr("jaxrf.frameworks.onnx.operators.control._MOST", 5)
    assert analyze(looping("always", "few"), SHAPE).output.size == (1, 1)
    (label,) = analyze(looping("always", times), SHAPE).approximate
    assert "Loop of more than 5 steps" in label
    assert "(again)" in label


def test_a_loop_that_the_input_stops_reads_what_it_captures():
    analysis = analyze(looping("below"), SHAPE)
    (callback,) = [n for n in analysis.graph if n.op == "pure_callback"]
    assert len(callback.operands) == 2
    (label,) = analysis.approximate
    assert "Loop that ends on a condition from the input" in label


def test_functions_of_the_file_are_inlined():
    function = helper.make_function(
        "acme",
        "Twice",
        ["a"],
        ["c"],
        [
            helper.make_node("Relu", ["a"], ["b"], name="inside"),
            helper.make_node("Add", ["b", "b"], ["c"]),
        ],
        [helper.make_opsetid("", 18)],
    )
    model = graph([helper.make_node("Twice", ["x"], ["y"], domain="acme")], functions=[function])
    (found,) = run(model, {"x": np.full(SHAPE, 3, np.float32)})
    np.testing.assert_array_equal(found, np.full(SHAPE, 6.0))


def test_a_node_that_fails_is_named():
    model = graph(
        [helper.make_node("Reshape", ["x", "to"], ["y"], "head")], held={"to": np.array([1, 7, -1])}
    )
    with pytest.raises(ModelError) as caught:
        analyze(model, SHAPE)
    text = str(caught.value)
    assert "\n" not in text
    for word in ("Reshape 'head' on 1x2x12x10", "the file declares x (1, 2, 12, 10)"):
        assert word in text


def test_a_rank_that_the_file_does_not_declare_is_refused():
    model = graph([conv("x", "y")], held={"w": KERNEL})
    with pytest.raises(InvalidInput, match=r"input 'x': got shape \(1, 12, 10\) of 3 axes, .* 4"):
        analyze(model, (1, 12, 10))


def test_quantised_weights_are_weights():
    """A zero in an integer kernel may be learned."""
    kernel = np.zeros((1, 2, 3, 3), np.int8)
    model = graph(
        [
            helper.make_node("DequantizeLinear", ["w8", "scale"], ["w"]),
            conv("x", "y"),
        ],
        held={"w8": kernel, "scale": np.float32(0.1)},
    )
    assert analyze(model, SHAPE).output.size == (3, 3)
