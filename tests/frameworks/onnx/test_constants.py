"""Floats of an ONNX file that are no weights: what its graph makes, masks, what is declared.

Covers: frameworks.onnx.declared.
"""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import jaxrf
from jaxrf.cli.main import main
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.onnx.declared import declared_names, with_constants

N = 6
SHAPE = (1, N, 2)
ALL = np.ones((N, N), bool)
LOWER = np.tri(N, dtype=bool)
FLOATS = LOWER * np.arange(1, N + 1, dtype=np.float32)
INFINITE = np.where(LOWER, 0, -np.inf).astype(np.float32)
ENDLESS = np.float32(-np.inf)


def node(op, reads, makes, **attributes):
    return helper.make_node(op, reads.split(), makes.split(), **attributes)


def model(*nodes, **held):
    """A graph x -> y, both [1, N, 2]."""
    tensors = [numpy_helper.from_array(np.asarray(a), name) for name, a in held.items()]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, SHAPE) for n in "xy"]
    graph = helper.make_graph(nodes, "small", ends[:1], ends[1:], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def weighing(*nodes, **held):
    """The product of a matrix m and the input."""
    return model(*nodes, node("MatMul", "m x", "y"), **held)


def attending(*nodes, **held):
    """Attention with the masked scores m, made of the scores s."""
    return model(
        node("Transpose", "x", "t", perm=[0, 2, 1]),
        node("MatMul", "x t", "s"),
        *nodes,
        node("Softmax", "m", "p", axis=-1),
        node("MatMul", "p x", "y"),
        **held,
    )


def cast(reads, makes):
    return node("Cast", reads, makes, to=TensorProto.FLOAT)


def filled(value, makes):
    return node("ConstantOfShape", "shape", makes, value=numpy_helper.from_array(np.array([value])))


SQUARE = np.array([N, N])
CASES = {
    "floats": (lambda: weighing(m=FLOATS), ALL),
    "declared floats": (lambda: with_constants(weighing(m=FLOATS), ["m"]), LOWER),
    "a declared Constant": (
        lambda: with_constants(
            weighing(node("Constant", "", "m", value=numpy_helper.from_array(FLOATS))), ["m"]),
        LOWER),
    "what follows from declared floats": (
        lambda: with_constants(
            weighing(node("Abs", "f", "a"), node("Transpose", "a", "m"), f=FLOATS), ["f"]),
        LOWER.T),
    "declared floats times a weight": (
        lambda: with_constants(weighing(node("Mul", "f w", "m"), f=FLOATS, w=FLOATS), ["f"]),
        LOWER),
    "declared bytes": (
        lambda: with_constants(
            weighing(node("DequantizeLinear", "q s", "m"), q=3 * np.tri(N, dtype=np.int8),
                     s=np.float32(0.1)), ["q"]), LOWER),
    "bytes": (
        lambda: weighing(node("DequantizeLinear", "q s", "m"), q=3 * np.tri(N, dtype=np.int8),
                         s=np.float32(0.1)), ALL),
    "a mask of bools": (lambda: weighing(cast("b", "m"), b=LOWER), LOWER),
    "a mask of integers": (lambda: weighing(cast("b", "m"), b=LOWER.astype(np.int32)), LOWER),
    "stored integers": (lambda: weighing(cast("b", "m"), b=3 * LOWER.astype(np.int32)), ALL),
    "stored integers, halved": (
        lambda: weighing(node("Div", "b two", "h"), cast("h", "m"), b=2 * LOWER.astype(np.int32),
                         two=np.int32(2)), ALL),
    "a triangle of what is filled": (
        lambda: weighing(filled(1, "ones"), node("Trilu", "ones", "t", upper=0), cast("t", "m"),
                         shape=SQUARE), LOWER),
    "positions compared": (
        lambda: weighing(
            node("Range", "zero n one", "i"), node("Unsqueeze", "i last", "j"),
            node("GreaterOrEqual", "j i", "b"), cast("b", "m"),
            zero=np.array(0), n=np.array(N), one=np.array(1), last=np.array([1])), LOWER),
    "positions from the input's shape": (
        lambda: weighing(
            node("Shape", "x", "all"), node("Gather", "all one", "n"),
            node("Range", "zero n one", "i"), node("Unsqueeze", "i last", "j"),
            node("Sub", "j i", "d"), node("Add", "d one", "e"), node("Relu", "e", "r"),
            cast("r", "m"), zero=np.array(0), one=np.array(1), last=np.array([1])), LOWER),
    "a part of a larger mask": (
        lambda: weighing(
            node("Slice", "b zero n axes", "c"), cast("c", "m"), b=np.tri(9, dtype=bool),
            zero=np.array([0, 0]), n=np.array([N, N]), axes=np.array([0, 1])), LOWER),
    "rows that are chosen": (
        lambda: weighing(
            node("Gather", "b rows", "c"), cast("c", "m"), b=np.tri(N, dtype=bool)[::-1],
            rows=np.array([5, 4, 3, 2, 1, 0])), LOWER),
    "an infinite mask": (lambda: attending(node("Add", "s b", "m"), b=INFINITE), LOWER),
    "the least number": (
        lambda: attending(node("Add", "s b", "m"),
                          b=np.maximum(INFINITE, np.finfo(np.float32).min)), LOWER),
    "a large mask": (lambda: attending(node("Add", "s b", "m"), b=np.maximum(INFINITE, -1e9)), ALL),
    "an infinite number where a mask says": (
        lambda: attending(node("Where", "b s least", "m"), b=LOWER, least=ENDLESS), LOWER),
    "an infinite number or zero": (
        lambda: attending(node("Where", "b zero least", "c"), node("Add", "s c", "m"), b=LOWER,
                          least=ENDLESS, zero=np.float32(0)), LOWER),
    "an infinite triangle": (
        lambda: attending(filled(ENDLESS, "f"), node("Trilu", "f one", "c", upper=1),
                          node("Add", "s c", "m"), shape=SQUARE, one=np.array(1)), LOWER),
    "a function of ONNX": (
        lambda: model(
            node("Unsqueeze", "x axis", "q"),
            helper.make_node("Attention", ["q", "q", "q", "b"], ["o"]),
            node("Squeeze", "o axis", "y"), axis=np.array([1]), b=INFINITE), LOWER),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_counts_as_architecture(name):
    make, expected = CASES[name]
    made = make()
    if name == "a function of ONNX":
        made.opset_import[0].version = 23
    analysis = jaxrf.analyze(made, SHAPE, spatial_axes=(1,))
    found = [analysis.support("y", at=(n,)).mask for n in range(N)]
    np.testing.assert_array_equal(found, expected)
    assert jaxrf.measure_support(made, SHAPE, spatial_axes=(1,), endpoint="y", at=(3,)).equal


def test_known_floats_decide_about_a_loop():
    """They are no arrays of JAX there: a body may stop on them."""
    body = helper.make_graph(
        [
            node("Add", "state half", "next"),
            node("Less", "next limit", "going"),
            node("Add", "y0 y0", "y1"),
        ],
        "body",
        [helper.make_tensor_value_info(n, t, []) for n, t in (
            ("step", TensorProto.INT64), ("on", TensorProto.BOOL), ("state", TensorProto.FLOAT))]
        + [helper.make_tensor_value_info("y0", TensorProto.FLOAT, SHAPE)],
        [onnx.ValueInfoProto(name=n) for n in ("going", "next", "y1")],
    )  # fmt: skip
    made = model(
        cast("none", "start"),
        cast("one", "half"),
        cast("two", "limit"),
        helper.make_node("Loop", ["", "", "start", "x"], ["end", "y"], body=body),
        none=np.array(0),
        one=np.array(1),
        two=np.array(2),
    )
    assert jaxrf.analyze(made, SHAPE, spatial_axes=(1,))["y"].size == (1,)
    x = np.ones(SHAPE, np.float32)
    network = jaxrf.analyze(made, SHAPE, spatial_axes=(1,)).traced.network
    np.testing.assert_array_equal(network.apply(network.init(None), x)[0], 4 * x)


def test_a_file_says_it(tmp_path, capsys):
    path = tmp_path / "masked.onnx"
    onnx.save(weighing(m=FLOATS), path)
    loaded = jaxrf.load_onnx(path, constants=["m"])
    assert declared_names(loaded) == {"m"}
    assert jaxrf.analyze(loaded, SHAPE, spatial_axes=(1,)).support("y", at=(0,)).mask.sum() == 1
    assert jaxrf.load_onnx(path, constants="m") == loaded
    onnx.save(loaded, path)
    assert main(["field", str(path), "--shape", "1,6,2", "--axes", "1", "-f", "csv"]) == 0
    assert "y,6x2,,,,yes,yes,all,0," in capsys.readouterr().out  # looks back, not ahead
    with pytest.raises(InvalidInput, match="constants: got 'M', no constant .* did you mean m?"):
        jaxrf.load_onnx(path, constants=["M"])


def test_an_input_that_is_held_at_a_value_is_no_weight(tmp_path):
    """A mask of floats that is an input of the file."""
    made = weighing()
    made.graph.input.append(helper.make_tensor_value_info("m", TensorProto.FLOAT, [N, N]))
    path = tmp_path / "masked.onnx"
    onnx.save(made, path)
    held = jaxrf.load_onnx(path, values={"m": FLOATS})
    found = jaxrf.analyze(held, SHAPE, spatial_axes=(1,))
    assert [found.support("y", at=(n,)).mask.sum() for n in range(N)] == [*range(1, N + 1)]
