"""Operators of onnxruntime against the standard ones that they stand for, run by the reference.

Covers: frameworks.onnx.operators.microsoft.
"""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from jaxrf import analyze
from tests.helpers.onnxnodes import floats, run

N = helper.make_node
OPSETS = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
X, ROWS = floats(1, 4, 7, 6), floats(2, 5, 8)
W, B, Z = floats(3, 4, 3, 3), floats(3, seed=1), floats(1, 3, 7, 6, seed=2)
POINTS = np.arange(48, dtype=np.uint8).reshape(1, 2, 4, 6) * 5
QUANTISED = {
    "q": POINTS, "p": POINTS[..., ::-1].copy(), "s": np.float32(0.1), "z": np.uint8(9),
    "t": np.float32(0.3), "v": np.uint8(100),
}  # fmt: skip


def ours(op, operands, outputs="y", **attributes):
    return N(op, operands.split(), outputs.split(), "node", domain="com.microsoft", **attributes)


def real(name, source, scale="s", zero="z"):
    return N("DequantizeLinear", [source, scale, zero], [name])


REQUANTISED = N("QuantizeLinear", ["r", "t", "v"], ["y"])
PADS = [1, 1, 1, 1]
EPSILON = np.float32(1e-5)
RMS = [
    N("Mul", ["a", "a"], ["a2"]),
    N("ReduceMean", ["a2", "last"], ["m"]),
    N("Add", ["m", "e"], ["me"]),
    N("Sqrt", ["me"], ["d"]),
    N("Div", ["a", "d"], ["n"]),
    N("Mul", ["n", "g"], ["y"]),
]
HELD = {"e": EPSILON, "last": np.array([-1])}
NORMAL = {"x": ROWS, "k": floats(2, 5, 8, seed=3), "g": floats(8, seed=4), "b": floats(8, seed=5)}

# name -> (the fused node, the standard nodes, what is fed or held by name)
FUSED = {
    "FusedConv": (
        ours("FusedConv", "x w b", pads=PADS, activation="Relu"),
        [N("Conv", ["x", "w", "b"], ["c"], pads=PADS), N("Relu", ["c"], ["y"])],
        {"x": X, "w": W, "b": B},
    ),
    "FusedConv with a sum": (
        N("FusedConv", ["x", "w", "b", "k"], ["y"], domain="com.microsoft", pads=PADS,
          activation="LeakyRelu", activation_params=[0.3]),
        [
            N("Conv", ["x", "w", "b"], ["c"], pads=PADS), N("Add", ["c", "k"], ["d"]),
            N("LeakyRelu", ["d"], ["y"], alpha=0.3),
        ],
        {"x": X, "w": W, "b": B, "k": Z},
    ),
    "FusedConv, clipped": (
        ours("FusedConv", "x w", activation="Clip", activation_params=[-0.5, 0.5]),
        [N("Conv", ["x", "w"], ["c"]), N("Clip", ["c", "low", "high"], ["y"])],
        {"x": X, "w": W, "low": np.float32(-0.5), "high": np.float32(0.5)},
    ),
    "FusedConv, HardSigmoid": (
        ours("FusedConv", "x w", activation="HardSigmoid", activation_params=[0.1, 0.6]),
        [N("Conv", ["x", "w"], ["c"]), N("HardSigmoid", ["c"], ["y"], alpha=0.1, beta=0.6)],
        {"x": X, "w": W},
    ),
    "FusedMatMul": (
        ours("FusedMatMul", "x k", transB=1, alpha=0.25),
        [
            N("Transpose", ["k"], ["t"], perm=[0, 2, 1]), N("MatMul", ["x", "t"], ["m"]),
            N("Mul", ["m", "alpha"], ["y"]),
        ],
        {"x": ROWS, "k": NORMAL["k"], "alpha": np.float32(0.25)},
    ),
    "FusedGemm": (
        ours("FusedGemm", "x w b", transB=1, activation="Tanh"),
        [N("Gemm", ["x", "w", "b"], ["c"], transB=1), N("Tanh", ["c"], ["y"])],
        {"x": floats(2, 8), "w": floats(3, 8), "b": B},
    ),
    "Gelu": (ours("Gelu", "x"), [N("Gelu", ["x"], ["y"])], {"x": ROWS}),
    "BiasGelu": (
        ours("BiasGelu", "x b"),
        [N("Add", ["x", "b"], ["a"]), N("Gelu", ["a"], ["y"])],
        {"x": ROWS, "b": NORMAL["b"]},
    ),
    "FastGelu": (
        ours("FastGelu", "x b"),
        [N("Add", ["x", "b"], ["a"]), N("Gelu", ["a"], ["y"], approximate="tanh")],
        {"x": ROWS, "b": NORMAL["b"]},
    ),
    "QuickGelu": (
        ours("QuickGelu", "x", alpha=1.5),
        [
            N("Mul", ["x", "alpha"], ["a"]), N("Sigmoid", ["a"], ["s"]), N("Mul", ["x", "s"], ["y"])
        ],
        {"x": ROWS, "alpha": np.float32(1.5)},
    ),
    "BiasAdd": (
        ours("BiasAdd", "x b k"),
        [N("Add", ["x", "b"], ["a"]), N("Add", ["a", "k"], ["y"])],
        {"x": ROWS, "b": NORMAL["b"], "k": NORMAL["k"]},
    ),
    "SkipLayerNormalization": (
        ours("SkipLayerNormalization", "x k g b c", epsilon=1e-5),
        [
            N("Add", ["x", "k"], ["s"]), N("Add", ["s", "c"], ["a"]),
            N("LayerNormalization", ["a", "g", "b"], ["y"], epsilon=1e-5),
        ],
        {**NORMAL, "c": floats(8, seed=6)},
    ),
    "SkipSimplifiedLayerNormalization": (
        ours("SkipSimplifiedLayerNormalization", "x k g", epsilon=1e-5),
        [N("Add", ["x", "k"], ["a"]), *RMS],
        {**NORMAL, **HELD},
    ),
    "SimplifiedLayerNormalization": (
        N("SimplifiedLayerNormalization", ["x", "g"], ["y"], epsilon=1e-5),
        [N("Identity", ["x"], ["a"]), *RMS],
        {**NORMAL, **HELD},
    ),
    "QuantizeLinear": (
        ours("QuantizeLinear", "x s z"),
        [N("QuantizeLinear", ["x", "s", "z"], ["y"])],
        {"x": ROWS, "s": np.float32(0.1), "z": np.uint8(9)},
    ),
    "QLinearAdd": (
        ours("QLinearAdd", "q s z p s z t v"),
        [real("a", "q"), real("b", "p"), N("Add", ["a", "b"], ["r"]), REQUANTISED],
        QUANTISED,
    ),
    "QLinearMul": (
        ours("QLinearMul", "q s z p s z t v"),
        [real("a", "q"), real("b", "p"), N("Mul", ["a", "b"], ["r"]), REQUANTISED],
        QUANTISED,
    ),
    "QLinearSigmoid": (
        ours("QLinearSigmoid", "q s z t v"),
        [real("a", "q"), N("Sigmoid", ["a"], ["r"]), REQUANTISED],
        QUANTISED,
    ),
    "QLinearLeakyRelu": (
        ours("QLinearLeakyRelu", "q s z t v", alpha=0.2),
        [real("a", "q"), N("LeakyRelu", ["a"], ["r"], alpha=0.2), REQUANTISED],
        QUANTISED,
    ),
    "QLinearAveragePool": (
        ours("QLinearAveragePool", "q s z t v", kernel_shape=[2, 2], strides=[2, 2]),
        [
            real("a", "q"), N("AveragePool", ["a"], ["r"], kernel_shape=[2, 2], strides=[2, 2]),
            REQUANTISED,
        ],
        QUANTISED,
    ),
    "QLinearGlobalAveragePool": (
        ours("QLinearGlobalAveragePool", "q s z t v", channels_last=1),
        [real("a", "q"), N("ReduceMean", ["a", "mid"], ["r"]), REQUANTISED],
        {**QUANTISED, "mid": np.array([1, 2])},
    ),
    "QLinearConcat": (
        ours("QLinearConcat", "t v q s z p t z", axis=1),
        [
            real("a", "q"), real("b", "p", "t"), N("Concat", ["a", "b"], ["r"], axis=1),
            REQUANTISED,
        ],
        QUANTISED,
    ),
}  # fmt: skip


def model_of(nodes, values, fed):
    graph = helper.make_graph(
        nodes,
        "fused",
        [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for n, a in fed.items()
        ],
        [onnx.ValueInfoProto(name="y")],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in values.items() if n not in fed],
    )
    return helper.make_model(graph, opset_imports=OPSETS)


@pytest.mark.parametrize("name", FUSED)
def test_as_the_standard_operators(name):
    node, standard, values = FUSED[name]
    fed = {n: values[n] for n in ("x", "q") if n in values}
    (expected,) = ReferenceEvaluator(model_of(standard, values, fed)).run(None, fed)
    (found,) = run(model_of([node], values, fed), fed)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    if found.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    else:  # a tie may be rounded either way
        assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1


def test_the_field_of_an_optimised_graph():
    nodes = [
        ours("FusedConv", "x w b", "c", pads=PADS, activation="Relu"),
        N("FusedConv", ["x", "w", "b", "c"], ["y"], "join", domain="com.microsoft", pads=PADS,
          activation="Relu"),
    ]  # fmt: skip
    analysis = analyze(model_of(nodes, {"x": X, "w": W, "b": B}, {"x": X}), X.shape)
    assert analysis["node"].size == (3, 3)
    assert analysis.output.size == (3, 3)
    assert analysis.approximate == ()


def test_what_is_not_mapped_takes_the_shape_that_the_file_declares():
    node = ours("MultiHeadAttention", "x x x", "a", num_heads=2)
    model = model_of([node, N("Relu", ["a"], ["y"])], {"x": ROWS}, {"x": ROWS})
    (label,) = analyze(model, ROWS.shape, spatial_axes=(1,)).approximate
    assert label == "MultiHeadAttention of com.microsoft [shape not known] (node)"
    model.graph.value_info.append(helper.make_tensor_value_info("a", TensorProto.FLOAT, ROWS.shape))
    analysis = analyze(model, ROWS.shape, spatial_axes=(1,))
    assert analysis.approximate == ("MultiHeadAttention of com.microsoft (node)",)
    assert analysis.output.axes[0].is_global
