"""The inputs of a model, completed from its ONNX file where there is one."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.onnx import is_onnx_path, load_onnx
from jaxrf.program.inputs import array_input

__all__ = ["complete_inputs", "file_lengths", "is_file"]


def is_file(model: Any) -> bool:
    """Whether a model is an ONNX file, or one that is loaded."""
    onnx = sys.modules.get("onnx")
    return is_onnx_path(model) or (onnx is not None and isinstance(model, onnx.ModelProto))


def complete_inputs(model: Any, shape: Any, dtype: str) -> tuple[Any, Any, tuple[str, ...]]:
    """(model, shapes of all its inputs, one line per value that was taken from the file).

    Args:
        model: as for ``analyze``; a path is loaded.
        shape: as for ``analyze``; for a file also None, or only the first few inputs, or a dict
            by name: the rest is as the file declares it, and so are types that are not given.
        dtype: of inputs of other models that do not say, and of floating ones of a file.

    Raises:
        InvalidInput: no shape, and none in a file either.
        TargetError: a path that cannot be loaded.
    """
    if not is_file(model):
        if shape is None:
            raise InvalidInput("shape: got none, need that of the input, e.g. (1, 224, 224, 3)")
        return model, shape, ()
    from jaxrf.frameworks.onnx.inputs import filled

    model = load_onnx(model) if is_onnx_path(model) else model
    given = _given(shape)
    if given is None:
        return model, shape, ()
    inputs, said = filled(model, given)
    arrays = [array_input(lengths, _own(kind, dtype)) for lengths, kind in inputs]
    return model, arrays, tuple(said)


def file_lengths(model: Any, shapes: Sequence[Sequence[Any]]) -> tuple[int, ...] | None:
    """Declared values of the free lengths of a file's inputs; None where they are open.

    Args:
        model: a loaded file, or any other model.
        shapes: of its inputs, None for a free length.
    """
    if not is_file(model):
        return None
    from jaxrf.frameworks.onnx.inputs import inputs_of
    from jaxrf.frameworks.onnx.types import value_type

    found: dict[int, int | None] = {}
    for shape, value in zip(shapes, inputs_of(model).values(), strict=True):
        free = [axis for axis, n in enumerate(shape) if n is None]
        dims = value_type(value).dims
        for number, axis in enumerate(free):
            found.setdefault(number, None if dims is None else dims[axis])
    lengths = tuple(found[number] for number in sorted(found))
    return tuple(n for n in lengths if n) if all(lengths) else None


def _given(shape: Any) -> Any:
    """(lengths, dtype) of every input that is given; None for what only a pytree can be."""
    if shape is None:
        return []
    if isinstance(shape, Mapping):
        entries = {name: _entry(value) for name, value in shape.items()}
        return None if None in entries.values() else entries
    if (one := _entry(shape)) is not None:
        return [one]
    several = [_entry(value) for value in shape] if isinstance(shape, Sequence) else [None]
    return None if None in several else several


def _entry(value: Any) -> tuple[tuple[Any, ...], str | None] | None:
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iu":
        return tuple(value.tolist()), None  # a shape as numpy has it
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return tuple(value.shape), str(value.dtype)
    if isinstance(value, list | tuple) and all(n is None or isinstance(n, Integral) for n in value):
        return tuple(value), None
    return None


def _own(kind: str, dtype: str) -> str:
    """The file's type; a floating one is as the user wants it."""
    return dtype if dtype != "float32" and kind.startswith(("float", "bfloat")) else kind
