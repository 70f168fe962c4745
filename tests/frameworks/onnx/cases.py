"""Nodes and operands on which jaxrf and the reference must agree, one list per operator family."""

from __future__ import annotations

import numpy as np

from tests.frameworks.onnx.cases_moving import MOVING
from tests.helpers.onnxnodes import Fed, Kept, case, floats, ints

X = floats(1, 4, 7, 6)
ROW = floats(2, 3, 11)
CUBE = floats(1, 2, 5, 4, 6)
MATRIX = floats(3, 5)
PAIR = (floats(2, 3, 4), floats(3, 1, seed=1))
FLAGS = (np.array([[True], [False]]), np.array([True, False, True]))


CONVOLUTIONS = [
    case("Conv", X, floats(6, 4, 3, 3), Kept(floats(6))),
    case("Conv", X, floats(6, 2, 3, 2), group=2, pads=[1, 0, 2, 1], strides=[2, 1]),
    case("Conv", X, Kept(floats(6, 4, 3, 3)), dilations=[2, 1], pads=[2, 1, 2, 1]),
    case("Conv", X, floats(6, 4, 3, 2), auto_pad="SAME_UPPER", strides=[2, 2]),
    case("Conv", X, floats(6, 4, 2, 2), auto_pad="SAME_LOWER", strides=[1, 1]),
    case("Conv", X, floats(6, 4, 3, 3), auto_pad="VALID", strides=[2, 3]),
    case("Conv", ROW, floats(5, 3, 4), strides=[2], pads=[3, 0]),
    case("Conv", CUBE, floats(2, 1, 3, 2, 3), group=2, pads=[1, 0, 1, 1, 1, 1]),
    case("ConvTranspose", X, floats(4, 3, 3, 3), Kept(floats(3))),
    case("ConvTranspose", X, floats(4, 3, 3, 2), strides=[3, 2], pads=[1, 0, 1, 1]),
    case("ConvTranspose", X, floats(4, 3, 3, 3), strides=[3, 2], output_padding=[1, 1]),
    case("ConvTranspose", X, floats(4, 1, 2, 2), group=4, strides=[2, 2]),
    case("ConvTranspose", X, floats(4, 2, 3, 3), dilations=[2, 2], pads=[1, 1, 1, 1]),
    case("ConvTranspose", X, floats(4, 2, 3, 3), strides=[2, 2], auto_pad="SAME_UPPER"),
    case("ConvTranspose", X, floats(4, 2, 3, 3), strides=[2, 2], auto_pad="SAME_LOWER"),
    case("ConvTranspose", ROW, floats(3, 2, 4), strides=[2]),
    case("ConvTranspose", CUBE, floats(2, 1, 2, 2, 2), strides=[2, 1, 2]),
    case(
        "ConvInteger",
        Fed(np.arange(48, dtype=np.uint8).reshape(1, 1, 6, 8)),
        Kept(np.arange(9, dtype=np.uint8).reshape(1, 1, 3, 3)),
        np.uint8(3),
        opset=13,
    ),
]

POOLING = [
    case("MaxPool", X, kernel_shape=[3, 2], strides=[2, 2]),
    case("MaxPool", X, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    case("MaxPool", X, kernel_shape=[3, 3], strides=[3, 4], ceil_mode=1),
    case("MaxPool", X, kernel_shape=[2, 2], dilations=[2, 3]),
    case("MaxPool", X, kernel_shape=[2, 3], auto_pad="SAME_UPPER", strides=[2, 2]),
    case("MaxPool", ROW, kernel_shape=[4], strides=[3]),
    case("MaxPool", CUBE, kernel_shape=[2, 2, 3], strides=[2, 1, 3]),
    case("MaxPool", X, kernel_shape=[2, 2], strides=[2, 2], outputs=2),
    case("AveragePool", X, kernel_shape=[3, 2], strides=[2, 1]),
    case("AveragePool", X, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
    case("AveragePool", X, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    case("AveragePool", X, kernel_shape=[2, 3], strides=[2, 4], ceil_mode=1),
    case(
        "AveragePool",
        X,
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 0, 1, 1],
        ceil_mode=1,
        count_include_pad=1,
    ),
    case("AveragePool", X, kernel_shape=[2, 2], dilations=[2, 2], opset=19),
    case("AveragePool", X, kernel_shape=[2, 3], auto_pad="SAME_LOWER", strides=[2, 2]),
    case("LpPool", X, kernel_shape=[2, 3], p=3, strides=[2, 1]),
    case("GlobalAveragePool", X),
    case("GlobalMaxPool", X),
]

NORMALIZATION = [
    case(
        "BatchNormalization",
        X,
        floats(4),
        floats(4, seed=1),
        floats(4, seed=2),
        floats(4, low=0.5),
        epsilon=1e-3,
    ),
    case(
        "BatchNormalization",
        floats(3, 4, 5),
        floats(4),
        floats(4, seed=1),
        floats(4, seed=2),
        floats(4, low=0.5),
        training_mode=1,
        momentum=0.8,
        outputs=3,
    ),
    case("InstanceNormalization", X, floats(4), floats(4, seed=1)),
    case("LayerNormalization", X, floats(6), floats(6, seed=1)),
    case("LayerNormalization", X, floats(4, 7, 6), axis=1),
    case("LayerNormalization", X, floats(6), floats(6, seed=1), outputs=3, label="statistics"),
    case("GroupNormalization", X, floats(2), floats(2, seed=1), num_groups=2),
    case("GroupNormalization", X, floats(4), floats(4, seed=1), num_groups=2, opset=21),
    case("LRN", floats(4, 4, 5, 5), size=3),
    case("LRN", floats(8, 8, 2, 2), size=4, alpha=0.2, beta=0.5, bias=2.0),
    case("LpNormalization", X, axis=1, p=2),
    case("RMSNormalization", X, floats(6), opset=23),
    case("MeanVarianceNormalization", X),
    case("Softmax", X, axis=1),
    case("Softmax", X),
    case("LogSoftmax", MATRIX),
    case("Hardmax", MATRIX),
]

LINEAR = [
    case("MatMul", floats(2, 3, 4), floats(4, 5)),
    case("MatMul", floats(2, 1, 3, 4), floats(3, 4, 2)),
    case("MatMul", floats(4), floats(4, 3)),
    case("Gemm", MATRIX, floats(5, 4), floats(4)),
    case("Gemm", MATRIX, floats(4, 3), floats(5, 1), transA=1, transB=1, alpha=0.5, beta=2.0),
    case("Einsum", floats(2, 3, 4), floats(2, 5, 4), equation="bij,bkj->bik"),
    case(
        "MatMulInteger",
        Fed(np.arange(12, dtype=np.uint8).reshape(3, 4)),
        Kept(np.arange(8, dtype=np.uint8).reshape(4, 2)),
        np.uint8(2),
        np.uint8(1),
    ),
]

UNARY = [
    *(
        case(op, PAIR[0])
        for op in (
            "Abs Asinh Atan Ceil Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity "
            "LeakyRelu Mish Neg Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus "
            "Softsign Tan Tanh ThresholdedRelu Celu"
        ).split()
        if op not in ("Gelu", "Mish")
    ),
    *(case(op, floats(2, 5, low=-0.9, high=0.9)) for op in ("Acos", "Asin", "Atanh")),
    *(case(op, floats(2, 5, low=1.1, high=3)) for op in ("Acosh", "Log", "Sqrt")),
    case("Gelu", X, opset=20),
    case("Gelu", X, approximate="tanh", opset=20),
    case("Mish", X, opset=22),
    case("Swish", X, alpha=0.5, opset=24),
    case("Elu", X, alpha=0.3),
    case("HardSigmoid", X, alpha=0.3, beta=0.4),
    case("Clip", X, np.float32(-0.5), np.float32(0.7)),
    case("Clip", X, None, Kept(np.float32(0.7)), label="high"),
    case("Clip", X, min=-1.0, max=0.5, opset=6),
    case("PRelu", X, floats(4, 1, 1)),
    case("Cast", X, to=6),
    case("Cast", Fed(np.array([0, 3])), to=9),
    case("CastLike", X, ints(1), opset=19),
    case("Dropout", X),
    case("IsNaN", np.array([1, np.nan], np.float32)),
    case("IsInf", np.array([1, np.inf, -np.inf], np.float32), detect_negative=0),
    case("Not", Fed(FLAGS[0])),
    case("Trilu", MATRIX),
    case("Trilu", MATRIX, ints(1).reshape(()), upper=0),
]

BINARY = [
    *(
        case(op, *PAIR)
        for op in "Add Div Mul Sub Equal Greater Less GreaterOrEqual LessOrEqual "
        "Max Mean Min Sum".split()
    ),
    case("Pow", floats(2, 3, low=0.1), floats(3)),
    case("Pow", MATRIX, ints(2).reshape(())),
    *(case(op, *map(Fed, FLAGS)) for op in ("And", "Or", "Xor")),
    case("Sum", *PAIR, floats(4), label="three"),
    case("Div", Fed(np.array([7, -7, 5])), ints(2, 2, -2), label="integers"),
    case("Mod", Fed(np.array([7, -7, 5])), ints(3, 3, -3)),
    case("Mod", PAIR[0], np.float32(0.7), fmod=1),
    case("Where", Fed(FLAGS[0]), floats(2, 3), floats(2, 1)),
    case("Where", FLAGS[0], floats(2, 3), floats(2, 1), label="known"),
]

REDUCTIONS = [
    *(
        case(op, floats(2, 3, 4, low=0.1), ints(1))
        for op in (
            "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin "
            "ReduceProd ReduceSum ReduceSumSquare"
        ).split()
    ),
    case("ReduceMean", X, axes=[2, -1], keepdims=0, opset=13),
    case("ReduceSum", X, keepdims=0),
    case("ReduceSum", X, noop_with_empty_axes=1),
    case("ArgMax", X, axis=1),
    case("ArgMin", MATRIX, axis=-1, keepdims=0),
    case("ArgMax", np.array([[1, 3, 3]], np.float32), axis=1, select_last_index=1),
    case("TopK", MATRIX, ints(2), outputs=2),
    case("TopK", MATRIX, ints(2), axis=0, largest=0, outputs=2),
    case("CumSum", MATRIX, ints(1).reshape(())),
    case("CumSum", MATRIX, ints(0).reshape(()), exclusive=1),
    case("CumSum", MATRIX, ints(1).reshape(()), exclusive=1, reverse=1),
]

QUANTIZATION = [
    case("QuantizeLinear", X, np.float32(0.1), np.uint8(120)),
    case("QuantizeLinear", X, floats(4, low=0.1), np.arange(4, dtype=np.int8), axis=1),
    case(
        "DequantizeLinear",
        Fed(np.arange(6, dtype=np.uint8).reshape(2, 3)),
        np.float32(0.5),
        np.uint8(3),
        opset=19,
    ),
    case(
        "DequantizeLinear",
        Kept(np.arange(6, dtype=np.int8).reshape(2, 3)),
        floats(3),
        axis=1,
        label="weights",
        opset=19,
    ),
    case("DynamicQuantizeLinear", X, outputs=3),
    case(
        "QLinearMatMul",
        Fed(np.arange(12, dtype=np.uint8).reshape(3, 4)),
        np.float32(0.1),
        np.uint8(3),
        Kept(np.arange(8, dtype=np.uint8).reshape(4, 2)),
        np.float32(0.2),
        np.uint8(1),
        np.float32(0.3),
        np.uint8(9),
    ),
    case(
        "QLinearConv",
        Fed(np.arange(50, dtype=np.uint8).reshape(1, 2, 5, 5)),
        np.float32(0.1),
        np.uint8(3),
        Kept(np.arange(36, dtype=np.uint8).reshape(2, 2, 3, 3)),
        np.float32(0.02),
        np.uint8(10),
        np.float32(0.3),
        np.uint8(9),
    ),
]


def recurrent(op: str, gates: int, directions: int = 1, *, batch_first: bool = False, **attributes):
    """A cell of 4 hidden units over 5 steps of 2 rows of 3 features, with bias."""
    time, batch, size, hidden = 5, 2, 3, 4
    x = floats(*((batch, time) if batch_first else (time, batch)), size)
    w = floats(directions, gates * hidden, size, seed=1, low=-1, high=1)
    r = floats(directions, gates * hidden, hidden, seed=2, low=-1, high=1)
    b = floats(directions, 2 * gates * hidden, seed=3)
    outputs = 3 if op == "LSTM" else 2
    return case(op, x, w, r, b, outputs=outputs, hidden_size=hidden, **attributes)


RECURRENT = [
    recurrent("LSTM", 4),
    recurrent("LSTM", 4, direction="reverse"),
    recurrent("LSTM", 4, 2, direction="bidirectional"),
    case(
        "LSTM",
        floats(5, 2, 3),
        floats(1, 16, 3),
        floats(1, 16, 4),
        None,
        None,
        floats(1, 2, 4),
        floats(1, 2, 4, seed=1),
        floats(1, 12),
        outputs=3,
        hidden_size=4,
        label="peepholes",
    ),
    recurrent("GRU", 3),
    recurrent("GRU", 3, linear_before_reset=1),
    recurrent("GRU", 3, 2, direction="bidirectional"),
    recurrent("RNN", 1),
    recurrent("RNN", 1, direction="reverse"),
    recurrent("LSTM", 4, batch_first=True, layout=1),
]

CASES = [
    *CONVOLUTIONS,
    *POOLING,
    *NORMALIZATION,
    *LINEAR,
    *UNARY,
    *BINARY,
    *REDUCTIONS,
    *MOVING,
    *QUANTIZATION,
    *RECURRENT,
]
