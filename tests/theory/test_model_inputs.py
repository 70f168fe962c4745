"""A model and the shapes of its inputs, completed by what an ONNX file declares."""

import numpy as np
import pytest

from jaxrf.errors import InvalidInput, TargetError
from jaxrf.theory.model_inputs import complete_inputs, file_lengths, is_file

onnx = pytest.importorskip("onnx")


def model(*inputs, dtype=None):
    """The sum of inputs, each (name, lengths); a text or None is a length that is left open."""
    kind = dtype or onnx.TensorProto.FLOAT
    given = [onnx.helper.make_tensor_value_info(name, kind, dims) for name, dims in inputs]
    node = onnx.helper.make_node("Sum", [name for name, _ in inputs], ["out"])
    out = onnx.helper.make_tensor_value_info("out", kind, None)
    graph = onnx.helper.make_graph([node], "g", given, [out])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])


def shapes(arrays):
    return [(tuple(a.shape), str(a.dtype)) for a in arrays]


def test_what_is_a_file():
    assert is_file("net.onnx")
    assert is_file(model(("x", [1])))
    assert not is_file(lambda x: x)
    assert not is_file("net.py")


def test_other_models_are_left_alone_and_need_a_shape():
    f = lambda x: x  # noqa: E731
    assert complete_inputs(f, (1, 8, 3), "float32") == (f, (1, 8, 3), ())
    with pytest.raises(InvalidInput, match="shape: got none, need that of the input"):
        complete_inputs(f, None, "float32")


def test_a_file_declares_all_of_it():
    file = model(("x", [1, 3, 8]), ("y", [1, 3, 8]))
    found, arrays, said = complete_inputs(file, None, "float32")
    assert found is file
    assert shapes(arrays) == [((1, 3, 8), "float32")] * 2
    assert said == tuple(f"input {n}: 1x3x8, as the file declares" for n in "xy")


@pytest.mark.parametrize(
    "given",
    [(1, 3, 10), np.array([1, 3, 10]), [(1, 3, 10)], {"x": (1, 3, 10)}, np.zeros((1, 3, 10), "f4")],
)
def test_what_is_given_is_taken_and_the_rest_is_declared(given):
    _, arrays, _ = complete_inputs(model(("x", [1, 3, "n"]), ("y", [1, 1, 1])), given, "float32")
    assert shapes(arrays) == [((1, 3, 10), "float32"), ((1, 1, 1), "float32")]


def test_what_only_a_pytree_can_be_is_left_to_the_network():
    file, given = model(("x", [1, 3])), {"x": {"nested": (1, 3)}}
    assert complete_inputs(file, given, "float32") == (file, given, ())
    assert complete_inputs(file, [(1, 3), "text"], "float32")[1] == [(1, 3), "text"]


@pytest.mark.parametrize(
    ("kind", "wanted", "found"),
    [
        ("FLOAT", "float32", "float32"),
        ("FLOAT", "float16", "float16"),  # a floating one is as the user wants it
        ("FLOAT16", "float32", "float16"),
        ("INT32", "float16", "int32"),
    ],
)
def test_types_are_those_of_the_file(kind, wanted, found):
    file = model(("x", [1, 3]), dtype=getattr(onnx.TensorProto, kind))
    _, (array,), _ = complete_inputs(file, None, wanted)
    assert str(array.dtype) == found


def test_a_path_that_cannot_be_loaded(tmp_path):
    with pytest.raises(TargetError):
        complete_inputs(str(tmp_path / "none.onnx"), None, "float32")
    file = tmp_path / "net.onnx"
    onnx.save(model(("x", [1, 3])), file)
    loaded, (array,), _ = complete_inputs(str(file), None, "float32")
    assert is_file(loaded)
    assert array.shape == (1, 3)


def test_lengths_that_a_file_declares_for_free_ones():
    file = model(("x", [1, 3, 8]), ("y", [1, "n", 9]))
    assert file_lengths(file, [(1, 3, None), (1, 3, 9)]) == (8,)
    assert file_lengths(file, [(None, 3, None), (1, 3, 9)]) == (1, 8)
    assert file_lengths(file, [(1, 3, 8), (1, None, 9)]) is None  # the file leaves it open
    assert file_lengths(file, [(1, 3, 8), (1, None, None)]) is None  # it does not leave both
    assert file_lengths(lambda x: x, [(None,)]) is None
