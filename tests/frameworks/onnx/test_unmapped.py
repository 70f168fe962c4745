"""One node without a mapping: what does not depend on it is exact, what does reads everything.

Covers: frameworks.onnx.expand, frameworks.onnx.unknown.
"""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from jaxrf import analyze, analyze_sizes, measure_erf
from jaxrf.cli.main import main
from jaxrf.errors import ModelError, NotExact
from jaxrf.measure.support import measure_support
from tests.helpers.onnxgraphs import KERNEL, SHAPE, conv, graph
from tests.helpers.onnxnodes import floats, ints, run


def unknown(**options):
    """GridSample has no mapping; its shape can be inferred, and the reference can run it."""
    return graph(
        [
            conv("x", "a", "stem"),
            helper.make_node("GridSample", ["a", "grid"], ["g"], "warp"),
            conv("g", "y", "head"),
        ],
        held={"w": KERNEL, "grid": floats(1, 12, 10, 2, low=-1, high=1)},
        **options,
    )


def test_it_depends_on_everything_and_says_so():
    analysis = analyze(unknown(), SHAPE)
    assert analysis["stem"].size == (3, 3)
    assert analysis.approximate == ("GridSample (warp)",)
    assert analysis.support("y", (0, 0)).mask.all()
    with pytest.raises(NotExact, match="GridSample"):
        analyze(unknown(), SHAPE, strict=True)
    measured = measure_support(unknown(), SHAPE, plain=False)
    assert measured.support.mask.all()


def test_it_still_computes():
    model = unknown()
    x = floats(*SHAPE)
    (expected,) = ReferenceEvaluator(model).run(None, {"x": x})
    np.testing.assert_allclose(run(model, {"x": x})[0], expected, rtol=1e-4, atol=1e-4)


def test_a_gradient_through_it_is_refused_and_one_beside_it_is_not():
    with pytest.raises(ModelError, match=r"GridSample 'warp' has no mapping, so no gradient"):
        measure_erf(unknown(), SHAPE, samples=2)
    erf = measure_erf(unknown(), SHAPE, endpoint="stem", samples=2)
    assert np.count_nonzero(erf.map) == 9


def looped():
    """A loop that the input stops."""
    values = [
        helper.make_tensor_value_info("i", TensorProto.INT64, []),
        helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        helper.make_tensor_value_info("h", TensorProto.FLOAT, None),
    ]
    made = [onnx.ValueInfoProto(name=name) for name in ("on", "out", "scan")]
    body = helper.make_graph(
        [
            helper.make_node("ReduceMax", ["h"], ["most"], keepdims=0),
            helper.make_node("Less", ["most", "limit"], ["on"]),
            helper.make_node("Add", ["h", "h"], ["out"]),
            helper.make_node("Identity", ["h"], ["scan"]),
        ],
        *("body", values, made),
    )
    return [helper.make_node("Loop", ["", "", "a"], ["_", "f"], "odd", body=body)]


# What makes a value "f" of unknown shape from the feature map "a" [1, 2, 12, 10].
ODD = {
    "NonZero": [
        helper.make_node("NonZero", ["a"], ["n"], "odd"),
        helper.make_node("Cast", ["n"], ["f"], to=TensorProto.FLOAT),
    ],
    "NonMaxSuppression": [
        helper.make_node("Reshape", ["a", "boxes"], ["b"]),
        helper.make_node("ReduceMax", ["b", "two"], ["s0"]),
        helper.make_node("Transpose", ["s0"], ["s"], perm=[0, 2, 1]),
        helper.make_node("NonMaxSuppression", ["b", "s", "ten"], ["k"], "odd"),
        helper.make_node("Cast", ["k"], ["f"], to=TensorProto.FLOAT),
    ],
    "Compress": [
        helper.make_node("Reshape", ["a", "all"], ["flat"]),
        helper.make_node("Greater", ["flat", "zero"], ["c"]),
        helper.make_node("Compress", ["a", "c"], ["f"], "odd"),
    ],
    "Unique": [helper.make_node("Unique", ["a"], ["f"], "odd")],
    "Mystery": [helper.make_node("Mystery", ["a"], ["f"], "odd", domain="acme")],
    "SequenceAt": [
        helper.make_node("SequenceConstruct", ["a", "a"], ["q"], "odd"),
        helper.make_node("SequenceAt", ["q", "one"], ["f"]),
    ],
    "Loop": looped(),
    "Reshape": [
        helper.make_node("ArgMax", ["a"], ["m"], axis=2),
        helper.make_node("Slice", ["m", "n0", "n1", "n3"], ["m1"]),
        helper.make_node("Reshape", ["m1", "all"], ["m2"]),
        helper.make_node("Slice", ["m2", "n0", "n1"], ["length"]),
        helper.make_node("Concat", ["length", "all"], ["to"], axis=0),
        helper.make_node("Reshape", ["a", "to"], ["f"], "odd"),
    ],
}


def odd(kind, outputs=("u", "side", "y"), dims=SHAPE):
    """A stem; something odd of it and what follows; a branch beside; and a join of both."""
    return graph(
        [
            conv("x", "a", "stem"),
            *ODD[kind],
            helper.make_node("Neg", ["f"], ["u"], "after"),
            conv("a", "side", "beside"),
            helper.make_node("Shape", ["u"], ["us"], "lengths"),
            helper.make_node("Size", ["u"], ["count"]),
            helper.make_node("Expand", ["side", "us"], ["wide"]),
            helper.make_node("ReduceSum", ["u"], ["total"], keepdims=0),
            helper.make_node("Add", ["side", "total"], ["y0"], "join"),
            helper.make_node("Reshape", ["y0", "like"], ["y"], "known_again"),
        ],
        held={
            "w": KERNEL,
            "boxes": ints(1, -1, 4),
            "two": ints(2),
            "ten": ints(10),
            "all": ints(-1),
            "zero": np.float32(0),
            "limit": np.float32(9),
            "one": np.array(1),
            "n0": ints(0),
            "n1": ints(1),
            "n3": ints(3),
            "like": ints(*dims),
        },
        outputs=outputs,
    )


@pytest.mark.parametrize("kind", ODD)
def test_what_does_not_depend_on_it_is_exact(kind):
    analysis = analyze(odd(kind), SHAPE)
    assert analysis["stem"].size == (3, 3)
    assert analysis["side"].size == (5, 5)
    assert analysis["side"].stride == (1, 1)
    assert not any(analysis["side"].approximate)
    for name in ("u", "y"):
        assert all(axis.is_global and axis.approximate for axis in analysis[name].axes), name
        assert analysis.support(name, (0,) * len(analysis.grid(name))).mask.all()
    (label,) = analysis.approximate  # once, however much follows
    assert label.endswith("(odd)")
    assert "shape not known" in label
    with pytest.raises(NotExact, match="odd"):
        analyze(odd(kind), SHAPE, strict=True)


# Kind of value -> its shape as far as ONNX can tell, "?" for all others.
SHOWN = {"NonZero": "4x?", "NonMaxSuppression": "?x3", "Reshape": "?x?"}


@pytest.mark.parametrize("kind", ODD)
def test_lengths_that_are_not_known_are_shown_as_such(kind):
    analysis = analyze(odd(kind), SHAPE)
    table = analysis.table()
    for rows in (table.rows, table.records.rows):
        shapes = {row[0]: row[1] for row in rows}
        assert shapes["u"] == SHOWN.get(kind, "?")
        assert {shapes["stem"], shapes["side"], shapes["y"]} == {"2x12x10"}
    assert not any("shape:" in name for name in analysis)


@pytest.mark.parametrize("kind", ODD)
def test_a_gradient_beside_it_is_measured(kind):
    erf = measure_erf(odd(kind), SHAPE, endpoint="side", samples=1)
    assert np.count_nonzero(erf.map) == 25
    measured = measure_support(odd(kind), SHAPE, endpoint="side", plain=False)
    assert measured.equal


def test_free_lengths_beside_it():
    model = odd("NonZero", outputs=("side", "u"), dims=(0, 0, 0, 0))
    sizes = analyze_sizes(model, (1, 2, None, None))
    assert sizes["side"].size == (5, 5)
    assert any("NonZero" in note for note in sizes.notes)


def test_the_command_line_says_it_in_one_line(tmp_path, capsys):
    path = tmp_path / "odd.onnx"
    onnx.save(odd("Compress"), path)
    assert main(["field", str(path), "--shape", "1,2,12,10"]) == 0
    out, err = capsys.readouterr()
    assert "stem" in out
    assert "beside" not in out
    assert "side" in out
    assert err.count("\n") == 1
    assert "no rule for Compress [shape not known] (odd)" in err
    assert main(["erf", str(path), "--shape", "1,2,12,10", "--endpoint", "join"]) == 2
    assert "need an end-point before it (--endpoint)" in capsys.readouterr().err


def test_lengths_that_the_file_declares_are_used_at_its_own_size():
    """As onnxruntime and exporters write them beside operators of their own."""
    model = odd("Mystery", outputs=("u", "y"), dims=(0, 0, 0, 0))
    model.graph.value_info.append(
        helper.make_tensor_value_info("f", TensorProto.FLOAT, [1, 2, 12, "rows"])
    )
    model.graph.input[0].CopyFrom(
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 12, "rows"])
    )
    assert analyze(model, SHAPE).endpoint_shape("u") == SHAPE
    assert not any("shape not known" in label for label in analyze(model, SHAPE).approximate)
    (label,) = analyze(model, (1, 2, 14, 10)).approximate
    assert "shape not known" in label


def test_names_of_classes_are_no_end_point():
    names = helper.make_tensor("names", TensorProto.STRING, [2], [b"cat", b"dog"])
    model = graph(
        [
            conv("x", "y", "stem"),
            helper.make_node("Constant", [], ["text"], value=names),
            helper.make_node("Identity", ["text"], ["labels"], "labels"),
        ],
        held={"w": KERNEL},
        outputs=("labels", "y"),
    )
    analysis = analyze(model, SHAPE)
    assert analysis.output.size == (3, 3)
    assert analysis.independent == ("labels",)
