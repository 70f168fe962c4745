"""Inputs of a file: what it declares, known values, numbers by themselves; what is no file."""

import jax
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import jaxrf
from jaxrf import analyze, analyze_sizes
from jaxrf.cli.main import main
from jaxrf.errors import InvalidInput, TargetError
from tests.helpers.onnxnodes import floats

INFO = helper.make_tensor_value_info


def branch(taps):
    """One of two front ends, as voice activity detectors have them."""
    return helper.make_graph(
        [
            helper.make_node("Conv", ["e", "w"], ["c"], "conv", strides=[2]),
            helper.make_node("ReduceMean", ["c"], ["o"], axes=[1], keepdims=0),
        ],
        *("rate", [], [onnx.ValueInfoProto(name="o")]),
        [numpy_helper.from_array(floats(4, 1, taps), "w")],
    )


def speech():
    """A signal, a state and the sample rate, which decides about the kernel."""
    return helper.make_model(
        helper.make_graph(
            [
                helper.make_node("Unsqueeze", ["wave", "one"], ["e"], "unsqueeze"),
                helper.make_node("Equal", ["sr", "fast"], ["is_fast"]),
                helper.make_node(
                    *("If", ["is_fast"], ["y"], "rate"),
                    then_branch=branch(9),
                    else_branch=branch(5),
                ),
                helper.make_node("Neg", ["state"], ["next"]),
            ],
            "speech",
            [
                INFO("wave", TensorProto.FLOAT, ["batch", "time"]),
                INFO("state", TensorProto.FLOAT, [2, "batch", 16]),
                INFO("sr", TensorProto.INT64, []),
            ],
            [onnx.ValueInfoProto(name=name) for name in ("next", "y")],
            [
                numpy_helper.from_array(np.array([1]), "one"),
                numpy_helper.from_array(np.array(16000), "fast"),
            ],
        ),
        opset_imports=[helper.make_opsetid("", 16)],
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "speech.onnx"
    onnx.save(speech(), path)
    return path


@pytest.mark.parametrize(("rate", "size"), [(16000, 9), ("8000", 5), (np.int32(16000), 9)])
def test_a_known_value_decides(file, rate, size):
    model = jaxrf.load_onnx(file, values={"sr": rate})
    analysis = analyze(model, (1, 64))
    assert analysis.inputs == ("wave", "state")
    assert analysis.output.size == (size,)
    assert analysis.approximate == ()
    assert analysis.assumed == ("input state: 2x1x16, as the file declares",)


def test_an_unknown_one_is_bounded_by_both(file):
    analysis = analyze(file, (1, 64))
    assert analysis.inputs == ("wave", "state", "sr")
    assert analysis["conv"].size == (9,)
    assert analysis["conv#2"].size == (5,)
    assert analysis.output.axes[0].is_global
    assert "'sr'" not in analysis.approximate[0]
    assert "--value sr=" in analysis.assumed[1]
    with pytest.raises(InvalidInput, match="one number, which has none"):
        analyze(file, (1, 64), wrt="sr")


def test_a_number_by_itself_in_python():
    f = lambda x, t: x[:, 1:] * t  # noqa: E731
    time = jax.ShapeDtypeStruct((), np.float32)
    assert analyze(f, [(1, 8, 1), time]).output.size == (1,)


def test_the_batch_of_one_input_is_that_of_the_others(file):
    analysis = analyze(file, [(3, 64)])
    assert [i.shape for i in analysis.traced.inputs] == [(3, 64), (2, 3, 16), ()]
    by_name = analyze(file, {"wave": (3, 64), "state": (2, 3, 16)})
    assert [i.shape for i in by_name.traced.inputs] == [(3, 64), (2, 3, 16), ()]
    assert [str(i.dtype) for i in by_name.traced.inputs] == ["float32", "float32", "int32"]


def test_free_lengths_with_a_known_value(file):
    model = jaxrf.load_onnx(file, values={"sr": 16000})
    sizes = analyze_sizes(model, (1, None))
    assert sizes.output.size == (9,)
    assert sizes.output.proved


def picture(shape=("batch", 3, 40, 48), kind=TensorProto.FLOAT, target=None):
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"], "conv", pads=[1] * 4)]
    held = {"w": floats(2, 3, 3, 3)}
    if target is not None:
        nodes.append(helper.make_node("Reshape", ["c", "to"], ["y"], "fixed"))
        held["to"] = np.array(target)
    graph = helper.make_graph(
        nodes,
        "picture",
        [INFO("x", kind, list(shape))],
        [onnx.ValueInfoProto(name=nodes[-1].output[0])],
        [numpy_helper.from_array(array, name) for name, array in held.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)])


def test_shapes_of_the_file():
    analysis = analyze(picture())
    assert analysis.shape == (1, 3, 40, 48)
    assert analysis.assumed == ("input x: 1x3x40x48, as the file declares",)
    assert analysis.to_dict()["warnings"] == list(analysis.assumed)
    with pytest.raises(InvalidInput, match=r"declares as \(1, 3, \?, 48\); need its lengths"):
        analyze(picture(("batch", 3, "height", 48)))
    with pytest.raises(InvalidInput, match=r"shape: got none, need"):
        analyze(lambda x: x)


def test_types_of_the_file():
    model = helper.make_model(
        helper.make_graph(
            [
                helper.make_node("Gather", ["table", "ids"], ["e"], "embed"),
                helper.make_node("Transpose", ["e"], ["t"], perm=[0, 2, 1]),
                helper.make_node("Conv", ["t", "w"], ["y"], "conv"),
            ],
            "words",
            [INFO("ids", TensorProto.INT64, ["batch", 12])],
            [onnx.ValueInfoProto(name="y")],
            [
                numpy_helper.from_array(floats(100, 4), "table"),
                numpy_helper.from_array(floats(2, 4, 3), "w"),
            ],
        ),
        opset_imports=[helper.make_opsetid("", 16)],
    )
    for analysis in (analyze(model), analyze(model, (1, 12))):
        assert analysis.traced.inputs[0].dtype == np.int32
        assert analysis.spatial_axes == (1,)
        assert analysis.output.size == (3,)
    assert analyze_sizes(model, (1, None)).output.size == (3,)


def test_free_lengths_start_at_those_of_the_file():
    """Which are not square, and none that is usually tried."""
    model = picture(target=[1, 2, 40, 48])
    sizes = analyze_sizes(model, (1, 3, None, None))
    assert sizes.notes == ("the model takes no other size than 40x48 of those tried",)
    assert [axis.only for axis in sizes.output.axes] == [40, 48]
    with pytest.raises(InvalidInput):
        sizes["conv"].at((41, 48))
    assert analyze_sizes(picture(), (1, 3, None, None)).output.proved


def refused(capsys, *arguments):
    assert main(["field", *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[-1].startswith("jaxrf field: error: ")
    assert not [line for line in lines if not line.startswith("jaxrf field: ")]
    return lines[-1]


def test_the_command_line(file, capsys):
    arguments = ["field", str(file), "--shape", "1,64", "--value", "sr=16000"]
    assert main([*arguments, "--expect", "size=9"]) == 0
    assert "input state: 2x1x16, as the file declares" in capsys.readouterr().err
    path = file.with_name("picture.onnx")
    onnx.save(picture(), path)
    assert main(["field", str(path)]) == 0
    out, err = capsys.readouterr()
    assert "input 1x3x40x48" in out
    assert "as the file declares" in err
    assert main(["support", str(path), "--at", "3,3"]) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--value", "rs=1"), "got 'rs', no input of the file; need one of wave, state, sr"),
        (("--value", "sr=fast"), "got sr=fast, need numbers of type int64"),
        (("--value", "sr=1.5"), "got sr=1.5, need numbers of type int64"),
        (("--value", "sr=1,2"), "got 2 numbers for sr, which the file declares as ()"),
        (
            ("--value", "state=1,2,3"),
            "got 3 numbers for state, which the file declares as (2",
        ),
        (("--value", "sr=1", "--value", "sr=2"), "got sr twice"),
        (("--shape", "1,4", "--shape", "2,1,16", "--shape", "1"), "of 1 axes, the file declares 0"),
        (("--shape", "1", "--shape", "2", "--shape", "3", "--shape", "4"), "got 4 inputs"),
    ],
)
def test_what_does_not_fit(file, capsys, options, words):
    shape = () if "--shape" in options else ("--shape", "1,64")
    assert words in refused(capsys, file, *shape, *options)


def test_values_for_all_inputs(tmp_path, capsys):
    onnx.save(picture((1, 1, 1, 2)), tmp_path / "net.onnx")
    assert "got a value for every input" in refused(
        capsys, tmp_path / "net.onnx", "--shape", "1,1,1,2", "--value", "x=1,2"
    )


def test_options_of_a_file_for_another_model(capsys):
    assert "need an ONNX file" in refused(
        capsys, "zoo:vgg_16", "--shape", "1,64,64,3", "--value", "sr=1"
    )
    assert "--shape: got none" in refused(capsys, "jaxrf.examples:unet")
    with pytest.raises(SystemExit) as caught:
        main(["field", "zoo:vgg_16", "--value", "sr"])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n", "git lfs pull"),
        (b"\n<!DOCTYPE html>\n<html lang=en>", "an HTML page"),
        (b"<html><body>404</body></html>", "an HTML page"),
        (b'<?xml version="1.0"?><Error>NoSuchKey</Error>', "an XML file"),
        (b'{"message": "Not Found"}', "JSON text"),
        (b"PK\x03\x04\x14\x00", "a zip archive"),
        (b"\x1f\x8b\x08\x00", "a gzip archive"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"\x20\x00\x00\x00ORTM", "the ORT format"),
        (b"", "is empty"),
    ],
)
def test_what_files_under_the_name_of_a_model_are(tmp_path, start, words):
    path = tmp_path / "net.onnx"
    path.write_bytes(start)
    with pytest.raises(TargetError) as caught:
        analyze(path, (1, 3, 8, 8))
    text = str(caught.value)
    assert words in text
    assert "\n" not in text
    assert "need the ONNX file itself" in text
