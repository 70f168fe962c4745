"""Which axes are spatial: the layers of a file tell, and what they do not tell is said."""

import numpy as np
import onnx
import pytest
from onnx import helper

from jaxrf import analyze, analyze_sizes
from jaxrf.cli.main import main
from tests.helpers.onnxgraphs import graph
from tests.helpers.onnxnodes import floats, ints

WIDE = floats(4, 3, 3, 3)


def model(shape, *nodes, **held):
    return graph(list(nodes), inputs=(("x", shape),), held=held)


def to_first(source="x", target="t"):
    """What tf2onnx puts before a convolution."""
    return helper.make_node("Transpose", [source], [target], perm=[0, 3, 1, 2])


def conv(source="t", target="y", **attributes):
    return helper.make_node("Conv", [source, "w"], [target], "conv", **attributes)


IMAGE, LINE = (1, 16, 18, 3), (1, 32, 3)
KERAS_LINE = [
    helper.make_node("Reshape", ["x", "to"], ["e"]),
    to_first("e"),
    conv(strides=[1, 2]),
]
# (model, spatial axes, r and S of the output, what is said)
TOLD = {
    "channels first": (model((1, 3, 16, 18), conv("x"), w=WIDE), (2, 3), (3, 3), 1, None),
    "channels last": (model(IMAGE, to_first(), conv(), w=WIDE), (1, 2), (3, 3), 1, "convolution"),
    "normalised, padded, halved": (
        model(
            IMAGE,
            helper.make_node("Sub", ["x", "mean"], ["m"]),
            helper.make_node("Pad", ["m", "pads"], ["p"]),
            to_first("p"),
            conv(strides=[2, 2]),
            w=WIDE,
            mean=floats(3),
            pads=ints(0, 1, 1, 0, 0, 1, 1, 0),
        ),
        *((1, 2), (3, 3), 2, "convolution"),
    ),
    "back at the end": (
        model(
            IMAGE,
            to_first(),
            conv(target="c"),
            helper.make_node("Transpose", ["c"], ["y"], perm=[0, 2, 3, 1]),
            w=WIDE,
        ),
        *((1, 2), (3, 3), 1, "convolution"),
    ),
    "a line as an image": (
        model(LINE, *KERAS_LINE, w=floats(4, 3, 1, 5), to=ints(1, 1, 32, 3)),
        *((1,), (5,), 2, "convolution"),
    ),
    "a wave without channels": (
        model(
            (1, 32),
            helper.make_node("Unsqueeze", ["x", "one"], ["t"]),
            conv(),
            w=floats(4, 1, 3),
            one=ints(1),
        ),
        *((1,), (3,), 1, None),
    ),
    "a point-wise convolution first": (
        model(
            IMAGE,
            to_first(),
            conv(target="c"),
            helper.make_node("MaxPool", ["c"], ["y"], kernel_shape=[2, 1]),
            w=floats(4, 3, 1, 1),
        ),
        *((1, 2), (2, 1), 1, "convolution"),
    ),
    "tokens": (
        model((1, 16, 8), helper.make_node("MatMul", ["x", "w"], ["y"]), w=floats(8, 4)),
        *((1,), (1,), 1, "product"),
    ),
    "nothing tells": (
        model((1, 3, 8, 9), helper.make_node("Relu", ["x"], ["y"])),
        *((2, 3), (1, 1), 1, "assumed (batch, channels, space)"),
    ),
    "two axes and nothing tells": (
        model((1, 9), helper.make_node("Unsqueeze", ["x", "one"], ["y"]), one=ints(1)),
        *((1,), (1,), 1, "assumed (the last)"),
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_the_layers_tell(name):
    model, axes, size, stride, said = TOLD[name]
    shape = tuple(d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim)
    analysis = analyze(model, shape)
    assert analysis.spatial_axes == axes
    assert analysis.output.size == size
    assert set(analysis.output.stride) == {stride}
    assert (analysis.assumed == ()) if said is None else (said in analysis.assumed[0])
    assert list(analysis.assumed) == analysis.to_dict()["warnings"]
    chosen = analyze(model, shape, spatial_axes=axes)
    assert chosen.assumed == ()
    assert chosen.output.size == size


def test_a_recurrence_moves_along_time():
    node = helper.make_node("LSTM", ["x", "w", "r"], ["y"], "lstm", hidden_size=3)
    model = graph(
        [node], inputs=(("x", (10, 1, 2)),), held={"w": floats(1, 12, 2), "r": floats(1, 12, 3)}
    )
    analysis = analyze(model, (10, 1, 2))
    assert analysis.spatial_axes == (0,)
    assert analysis.support("y", (4,)).box[0].high == 4


def test_every_input_has_axes_of_its_own():
    model = graph(
        [
            to_first(),
            conv(target="c"),
            helper.make_node("Add", ["c", "first"], ["y"]),
        ],
        inputs=(("x", IMAGE), ("first", (1, 4, 14, 16))),
        held={"w": WIDE},
    )
    analysis = analyze(model, [IMAGE, (1, 4, 14, 16)])
    assert analysis.spatial_axes == (1, 2)
    other = analysis.with_respect_to("first")
    assert other.spatial_axes == (2, 3)
    assert "no layer tells" in other.assumed[0]


def test_free_lengths_of_the_axes_that_are_spatial():
    sizes = analyze_sizes(TOLD["channels last"][0], (1, None, None, 3))
    assert sizes.spatial_axes == (1, 2)
    assert sizes.output.size == (3, 3)
    assert "convolution" in sizes.notes[0]


def test_the_command_line_says_so(tmp_path, capsys):
    path = tmp_path / "last.onnx"
    onnx.save(TOLD["channels last"][0], path)
    assert main(["field", str(path), "--shape", "1,16,18,3"]) == 0
    out, err = capsys.readouterr()
    line = "spatial axes 1, 2: as the first convolution has it; others with --axes"
    assert line in out
    assert line in err
    assert main(["field", str(path), "--shape", "1,16,18,3", "--axes", "1,2"]) == 0
    assert "spatial ax" not in "".join(capsys.readouterr())


def test_in_what_a_reshape_leaves_alone():
    model = graph(
        [
            helper.make_node("Reshape", ["x", "to"], ["t"]),
            conv(),
        ],
        inputs=(("x", (1, 1, 16, 18)),),
        held={"to": np.array([1, 1, 16, 1, 18]), "w": floats(2, 1, 3, 1, 3)},
    )
    assert analyze(model, (1, 1, 16, 18)).spatial_axes == (2, 3)
