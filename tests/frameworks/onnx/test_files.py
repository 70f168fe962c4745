"""Paths of ONNX files, in Python and on the command line.

Covers: frameworks.onnx.load.
"""

import json
import subprocess
import sys

import onnx
import pytest

from jaxrf import analyze
from jaxrf.cli.main import main
from jaxrf.errors import TargetError
from tests.helpers.onnxgraphs import KERNEL, SHAPE, conv, graph


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(graph([conv("x", "a", "stem"), conv("a", "y")], held={"w": KERNEL}), path)
    return path


def test_a_path_is_a_model(file):
    for target in (file, str(file)):
        assert analyze(target, SHAPE).output.size == (5, 5)


def test_external_data_lies_beside_the_file(tmp_path):
    path = tmp_path / "external.onnx"
    model = graph([conv("x", "y")], held={"w": KERNEL})
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert analyze(path, SHAPE).output.size == (3, 3)
    (tmp_path / "weights.bin").unlink()
    refused(lambda: analyze(path, SHAPE), "external.onnx is not a readable ONNX file")


def test_the_command_line(file, capsys):
    assert main(["field", str(file), "--shape", "1,2,12,10", "--expect", "size=5"]) == 0
    out = capsys.readouterr().out
    assert "stem" in out
    assert "12x10" in out


def test_options_that_a_file_has_no_use_for(file, capsys):
    for option in (["--factory"], ["--width", "0.5"], ["--init", "depth=3"]):
        assert main(["field", str(file), "--shape", "1,2,12,10", *option]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert option[0] in error
        assert "ONNX" in error


def test_its_weights_cannot_be_drawn(file, capsys):
    for command in (("field",), ("erf", "--samples", "2"), ("predict",)):
        options = ("--shape", "1,2,12,10", "--reinit", *command[1:])
        assert main([command[0], str(file), *options]) == 2
        assert "no way to draw others" in capsys.readouterr().err


def test_several_files_have_shapes_of_their_own(tmp_path, capsys):
    files = []
    for name, shape in (("small", (1, 2, 16, 16)), ("large", (1, 2, 32, 24))):
        files.append(str(tmp_path / f"{name}.onnx"))
        model = graph([conv("x", "y")], inputs=(("x", shape),), held={"w": KERNEL})
        onnx.save(model, files[-1])
    assert main(["field", *files, "-f", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["models"].values()
    assert [model["input_shape"] for model in found] == [[1, 2, 16, 16], [1, 2, 32, 24]]
    assert main(["field", *files, "--shape", "1,5,16,16"]) == 2
    assert "small.onnx: " in capsys.readouterr().err


def refused(call, *words):
    with pytest.raises(TargetError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    assert not [word for word in words if word not in text], text


def test_a_missing_file():
    refused(lambda: analyze("nowhere.onnx", SHAPE), "'nowhere.onnx'", "no such file")


@pytest.mark.parametrize("content", [b"not a protobuf at all", bytes(range(256)) * 9])
def test_what_is_not_an_onnx_file(content, tmp_path):
    path = tmp_path / "text.onnx"
    path.write_bytes(content)
    refused(lambda: analyze(path, SHAPE), "text.onnx", "need a model")


def test_without_the_onnx_package(file, tmp_path):
    """In a process of its own, where the import fails."""
    (tmp_path / "onnx.py").write_text("raise ImportError('no onnx here')")
    command = [sys.executable, "-m", "jaxrf.cli.main", "field", str(file), "--shape", "1,2,12,10"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert "pip install 'jaxrf[onnx]'" in found.stderr


def test_onnx_is_not_imported_for_other_models():
    code = (
        "import sys, jaxrf; jaxrf.analyze(lambda x: x[:, 1:], (1, 5, 1)); "
        "sys.exit('onnx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
