"""TARGET of the command line -> a model: zoo:NAME, module:name, file.py:name or file.onnx."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from jaxrf.errors import TargetError
from jaxrf.frameworks.onnx import is_onnx_path, load_onnx

__all__ = ["load_target"]


def load_target(target: str, *, factory: bool = False, width: float | None = None) -> Any:
    """The model that a TARGET names.

    Args:
        target: ``zoo:NAME``, ``package.module:attribute`` (dotted attributes allowed),
            ``path/to/file.py:attribute`` or ``path/to/model.onnx``.
        factory: call the attribute without arguments first.
        width: width factor of a zoo network.

    Raises:
        TargetError: it cannot be found, imported or called.
    """
    if is_onnx_path(target):
        if factory or width is not None:
            option = "--factory" if factory else "--width"
            raise TargetError(f"{option}: got {target}, an ONNX file; leave {option} out")
        return load_onnx(target)
    place, colon, attribute = target.rpartition(":")
    if not colon or not place or not attribute:
        raise TargetError(
            f"target: got {target!r}, need zoo:NAME, package.module:attribute, "
            "file.py:attribute or file.onnx"
        )
    if place == "zoo":
        if factory:
            raise TargetError(f"--factory: got {target}, a network already; leave --factory out")
        from jaxrf import zoo

        return zoo.load(attribute, width=1.0 if width is None else width)
    if width is not None:
        raise TargetError(f"--width: got target {target!r}, need a zoo network (zoo:NAME)")
    os.environ.setdefault("KERAS_BACKEND", "jax")  # read when the target imports Keras
    found = _file(place) if place.endswith(".py") else _module(place)
    for name in attribute.split("."):
        if not hasattr(found, name):
            own = getattr(found, "__dict__", {}).items()
            known = [n for n, v in own if not (n.startswith("_") or isinstance(v, ModuleType))]
            raise TargetError(
                f"target: {place} has no attribute {attribute!r}; need one of those it has: "
                f"{', '.join(known) or 'none'}"
            )
        found = getattr(found, name)
    if not factory:
        if isinstance(found, type):
            raise TargetError(
                f"target: {target} is a class, need an instance of it; add --factory to make one"
            )
        return found
    if not callable(found):
        kind = type(found).__name__
        raise TargetError(
            f"--factory: got {target} of type {kind}, need a callable; leave --factory out"
        )
    return _guarded(found, f"calling {target}")


def _file(path: str):
    file = Path(path)
    if not file.is_file():
        raise TargetError(f"target: got {path!r}, no such file; need a path to a Python file")
    spec = importlib.util.spec_from_file_location(file.stem, file.resolve())
    if spec is None or spec.loader is None:
        raise TargetError(f"target: got {path!r}, not importable; need a path to a Python file")
    loader = spec.loader
    module = importlib.util.module_from_spec(spec)
    ours = sys.modules.setdefault(file.stem, module) is module
    _importable(str(file.resolve().parent))
    try:
        _guarded(lambda: loader.exec_module(module), f"importing {path}")
    except BaseException:
        if ours:
            del sys.modules[file.stem]  # as ``import`` does: no half-made module stays
        raise
    return module


def _module(name: str):
    _importable("")  # as ``python -m`` does: the user's own modules are importable
    return _guarded(lambda: importlib.import_module(name), f"importing {name}")


def _importable(folder: str) -> None:
    """For good, as for a script: a model may import its neighbours when it is called."""
    if folder not in sys.path:
        sys.path.insert(0, folder)


def _guarded(call, doing: str) -> Any:
    """Run the user's code; whatever it raises becomes one line."""
    try:
        return call()
    except (Exception, SystemExit) as error:
        first = (str(error).splitlines() or [""])[0]
        raise TargetError(f"target: {doing} raised {type(error).__name__}: {first}") from error
