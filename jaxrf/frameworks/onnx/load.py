"""A path -> an ONNX model, or one clear line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jaxrf.errors import TargetError

__all__ = ["is_onnx_path", "load_onnx"]


def is_onnx_path(target: Any) -> bool:
    """Whether ``target`` is a path that ends in .onnx."""
    return isinstance(target, str | os.PathLike) and str(target).lower().endswith(".onnx")


def load_onnx(path: str | os.PathLike) -> Any:
    """Read an ONNX file, weights beside it (external data) included.

    Returns:
        The ``onnx.ModelProto``.

    Raises:
        TargetError: the ``onnx`` package is missing, or the path is not a readable ONNX file.
    """
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
    return model
