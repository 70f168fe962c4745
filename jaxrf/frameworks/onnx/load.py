"""Load an ONNX file, or raise a one-line error."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import TargetError

__all__ = ["is_onnx_path", "load_onnx"]


def is_onnx_path(target: Any) -> bool:
    """Whether ``target`` is a path that ends in .onnx."""
    return isinstance(target, str | os.PathLike) and str(target).lower().endswith(".onnx")


def load_onnx(
    path: str | Path,
    *,
    values: Mapping[str, Any] | None = None,
    constants: Sequence[str] = (),
) -> Any:
    """Read an ONNX file, weights beside it (external data) included.

    Args:
        path: of the file.
        values: inputs that are held at a value and then known, by name: numbers, arrays, or text
            of numbers separated by commas, such as ``{"sr": 16000}``.
        constants: names of initialisers, or of what Constant nodes make, that are a part of the
            architecture and no weights, such as a mask of floats: their zeros are connections that
            do not exist, as under :func:`jaxrf.constant`.

    Returns:
        The ``onnx.ModelProto``.

    Raises:
        TargetError: the ``onnx`` package is missing, or the path is not a readable ONNX file.
        InvalidInput: no such input, a value that does not fit it, or no such constant.
    """
    check_arguments(load_onnx, locals())
    try:
        import onnx
    except ImportError:
        raise TargetError(
            f"target: {path} needs the onnx package, which is not installed; "
            "pip install 'jaxrf[onnx]'"
        ) from None
    file = Path(path)
    if not file.is_file():
        raise TargetError(f"target: got {str(path)!r}, no such file; need a path to an ONNX file")
    if what := _something_else(file):
        raise TargetError(f"target: {path} is {what}; need the ONNX file itself")
    try:
        model = onnx.load(file)
    except Exception as error:  # protobuf, the file system, missing external data
        first = (str(error).splitlines() or [""])[0]
        raise TargetError(
            f"target: {path} is not a readable ONNX file ({type(error).__name__}: {first}); "
            "need a model saved by onnx.save or an exporter, its external data beside it"
        ) from error
    if not model.graph.node:
        raise TargetError(f"target: {path} holds no ONNX graph, need a model with operators")
    if values:
        from jaxrf.frameworks.onnx.inputs import with_values

        with_values(model, values)
    if constants:
        from jaxrf.frameworks.onnx.declared import with_constants

        with_constants(model, [constants] if isinstance(constants, str) else constants)
    return model


# What files under the name of a model often are: how they begin -> what they are.
_OTHERS = {
    b"version https://git-lfs": "a Git LFS pointer, not the file that it stands for (git lfs pull)",
    b"<!doctype": "an HTML page, not a model (download the raw file)",
    b"<html": "an HTML page, not a model (download the raw file)",
    b"<?xml": "an XML file, not a model",
    b"PK\x03\x04": "a zip archive, such as a PyTorch checkpoint",
    b"\x1f\x8b": "a gzip archive (unpack it)",
    b"\x80\x02": "a pickle, such as a PyTorch checkpoint",
    b"\x89hdf": "an HDF5 file, such as Keras writes",
    b"{": "JSON text, not a model",
}


def _something_else(file: Path) -> str | None:
    """The kind of a file that is not an ONNX model, by its first bytes."""
    with file.open("rb") as stream:
        start = stream.read(512)
    if not start:
        return "empty"
    if start[4:8] == b"ORTM":
        return "in the ORT format of onnxruntime"
    text = start.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    known = (what for begin, what in _OTHERS.items() if text.startswith(begin.lower()))
    return next(known, None)
