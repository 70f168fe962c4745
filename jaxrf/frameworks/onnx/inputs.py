"""Complete the inputs of an ONNX model from its file: shapes, types, known values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx

from jaxrf.arguments.names import some, suggestion
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.onnx.declared import declare
from jaxrf.frameworks.onnx.types import ValueType, length_names, value_type

__all__ = ["Given", "filled", "inputs_of", "with_values"]

Given = tuple[tuple[Any, ...] | None, str | None]  # (lengths, dtype) of an input, as far as given


def inputs_of(model: Any) -> dict[str, Any]:
    """Name -> ``onnx.ValueInfoProto`` of every input that the file does not hold itself."""
    held = {tensor.name for tensor in model.graph.initializer}
    return {value.name: value for value in model.graph.input if value.name not in held}


def filled(
    model: Any, given: Sequence[Given] | Mapping[str, Given]
) -> tuple[list[tuple[tuple[Any, ...], str]], list[str]]:
    """(lengths, dtype) of every input in the file's order, and notes on what the file filled in.

    Args:
        model: a ``onnx.ModelProto``.
        given: in the file's order, or by name. Inputs that are left out have the lengths that the
            file declares, with a batch of 1; scalars are only counted where all inputs are given.

    Raises:
        InvalidInput: too many inputs, an unknown name, or a length that is not given anywhere.
    """
    values = inputs_of(model)
    declared = {name: value_type(value) for name, value in values.items()}
    shapes = _by_name(declared, given)
    lengths: dict[str, Any] = {}
    for name, (shape, _) in shapes.items():
        if shape is not None and len(shape) == len(length_names(values[name])):
            pairs = zip(length_names(values[name]), shape, strict=True)
            lengths.update({key: n for key, n in pairs if key})
    found, said = [], []
    for name, value in values.items():
        shape, dtype = shapes.get(name, (None, None))
        own = declared[name]
        if shape is None:
            shape = _lengths(name, value_type(value, lengths), declared)
            text = "x".join(map(str, shape))
            said.append(
                f"input {name}: {text}, as the file declares"
                if shape
                else f"input {name}: one number, of any value; --value {name}=... for a known one"
            )
        if own.dtype is not None and own.dtype.kind in "OSU":
            raise InvalidInput(f"onnx: input {name!r} is text, need a graph that starts behind it")
        found.append((shape, dtype or str(own.dtype or "float32")))
    return found, said


def _by_name(
    declared: Mapping[str, ValueType], given: Sequence[Given] | Mapping[str, Given]
) -> dict[str, Given]:
    if isinstance(given, Mapping):
        for name in given:
            if name not in declared:
                raise _unknown("shape", name, declared)
        return dict(given)
    names = list(declared)
    if len(given) < len(names):
        names = [name for name in names if declared[name].dims != ()]
    if not declared:
        raise InvalidInput("onnx: got a value for every input, need an input without one")
    if len(given) > len(names):
        raise InvalidInput(
            f"onnx: got {len(given)} inputs, the file needs {len(declared)}: {_needs(declared)}"
        )
    return dict(zip(names, given, strict=False))


def _lengths(name: str, kind: ValueType, declared: Mapping[str, ValueType]) -> tuple[Any, ...]:
    """Declared lengths of an input that is not given; an open batch is 1."""
    dims = kind.dims
    if dims:
        dims = (1 if dims[0] in (None, 0) and len(dims) > 1 else dims[0], *dims[1:])
    if dims is None or None in dims or 0 in dims:
        shown = ValueType(None, dims)
        raise InvalidInput(
            f"shape: got none for input {name}, which the file declares as {shown}; need its "
            f"lengths, e.g. --shape {_example(dims)} (inputs: {_needs(declared)})"
        )
    return tuple(dims)


def _example(dims: tuple[int | None, ...] | None) -> str:
    """The same with usual lengths where none is declared."""
    usual = 16000 if len(dims or ()) < 4 else 224
    return ",".join(str(n or usual) for n in dims or (1, 3, usual, usual))


def with_values(model: Any, values: Mapping[str, Any]) -> Any:
    """The model with some of its inputs held at values that are then known.

    >>> from onnx import TensorProto, helper
    >>> rate = helper.make_tensor_value_info("sr", TensorProto.INT64, [])
    >>> graph = helper.make_graph([], "speech", [rate], [])
    >>> model = with_values(helper.make_model(graph), {"sr": "16000"})
    >>> list(inputs_of(model)), model.graph.initializer[0].name
    ([], 'sr')

    Args:
        model: a ``onnx.ModelProto``; it is changed.
        values: name of an input -> array, number, or text of numbers separated by commas, which
            has the type of the input, and its shape (one number fills it).

    Raises:
        InvalidInput: no such input, or a value that does not fit it.
    """
    inputs = inputs_of(model)
    for name, given in values.items():
        if name not in inputs:
            raise _unknown("value", name, inputs)
        array = _array(name, value_type(inputs[name]), given)
        model.graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    declare(model, values)
    return model


def _array(name: str, kind: ValueType, given: Any) -> np.ndarray:
    dtype = kind.dtype or np.dtype(np.float32)
    try:
        if isinstance(given, str):
            array = np.array([_number(part, dtype) for part in given.split(",")], dtype)
        else:
            array = np.asarray(given).astype(dtype)
            if dtype.kind in "iub" and not np.array_equal(array, given):
                raise ValueError
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InvalidInput(
            f"value: got {name}={given}, need numbers of type {dtype}, separated by commas"
        ) from None
    dims = kind.dims
    if dims is None:
        return array if array.size != 1 else array.reshape(())
    fixed = [1 if n is None else n for n in dims]
    if array.size == 1 and None not in dims:
        return np.full(fixed, array.reshape(())[()], dtype)
    if None in dims:
        fixed[len(dims) - 1 - dims[::-1].index(None)] = -1
    try:
        return array.reshape(fixed)
    except ValueError:
        raise InvalidInput(
            f"value: got {array.size} numbers for {name}, which the file declares as {kind}"
        ) from None


def _number(text: str, dtype: np.dtype) -> Any:
    if dtype.kind == "b":
        return {"true": True, "1": True, "false": False, "0": False}[text.strip().lower()]
    return int(text) if dtype.kind in "iu" else float(text)


def _unknown(what: str, name: str, names: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput(
        f"{what}: got {name!r}, no input of the file; need one of {some(names) or 'none'}"
        f"{suggestion(name, names)}"
    )


def _needs(declared: Mapping[str, ValueType]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in declared.items())
