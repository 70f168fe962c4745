"""Load the model of a TARGET: zoo:NAME, module:name, file.py:name or file.onnx."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from jaxrf.cli.target_files import import_file, importable
from jaxrf.errors import TargetError
from jaxrf.frameworks.onnx import is_onnx_path, load_onnx

__all__ = ["load_target"]

Made = TypeVar("Made")


def load_target(
    target: str,
    *,
    factory: bool = False,
    width: float | None = None,
    values: Mapping[str, str] | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Any:
    """The model that a TARGET names.

    Args:
        target: ``zoo:NAME``, ``package.module:attribute`` (dotted attributes allowed),
            ``path/to/file.py:attribute`` or ``path/to/model.onnx``.
        factory: call the attribute without arguments first.
        width: width factor of a zoo network.
        values: inputs of an ONNX file that are held at a value, by name.
        arguments: call the attribute, a class or a function, with these first.

    Raises:
        TargetError: it cannot be found, imported or called.
    """
    if is_onnx_path(target):
        given = {"--factory": factory, "--width": width is not None, "--init": arguments}
        for option in (name for name, value in given.items() if value):
            raise TargetError(f"{option}: got {target}, an ONNX file; leave {option} out")
        return load_onnx(target, values=values)
    place, colon, attribute = target.rpartition(":")
    if not colon or not place or not attribute:
        raise TargetError(
            f"target: got {target!r}, need zoo:NAME, package.module:attribute, "
            "file.py:attribute or file.onnx"
        )
    if place == "zoo":
        if factory:
            raise TargetError(f"--factory: got {target}, a network already; leave --factory out")
        if arguments:
            raise TargetError(f"--init: got {target}, a zoo network; need --width, or none")
        from jaxrf import zoo

        return zoo.load(attribute, width=1.0 if width is None else width)
    if width is not None:
        raise TargetError(f"--width: got target {target!r}, need a zoo network (zoo:NAME)")
    found = _attribute(place, attribute)
    if factory or arguments is not None:
        return _called(target, found, arguments)
    if isinstance(found, type):
        raise TargetError(
            f"target: {target} is a class, need an instance of it; add --factory to make one, "
            "with --init NAME=VALUE for its arguments"
        )
    return found


def _attribute(place: str, attribute: str) -> Any:
    """The object that a module or a file holds under a dotted name."""
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
    return found


def _called(target: str, found: Any, arguments: Mapping[str, Any] | None) -> Any:
    """The model that a class or function makes of ``--init``, or of nothing with ``--factory``."""
    kind = type(found).__name__
    if arguments is not None and not (
        inspect.isroutine(found) or isinstance(found, type | partial)
    ):
        raise TargetError(f"--init: got {target} of type {kind}, need a class or a function")
    if not callable(found):
        raise TargetError(
            f"--factory: got {target} of type {kind}, need a callable; leave --factory out"
        )
    if missing := _missing(found, arguments or {}):
        raise TargetError(
            f"{'--factory' if arguments is None else '--init'}: {missing} of {target}"
        )
    return _guarded(lambda: found(**(arguments or {})), f"calling {target}")


def _missing(found: Any, arguments: Mapping[str, Any]) -> str:
    """The arguments that a factory lacks or does not take, in words; "" where they are right."""
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return ""
    parameters = signature.parameters.values()
    anything = any(p.kind == inspect.Parameter.VAR_KEYWORD for p in parameters)
    strange = [name for name in arguments if name not in signature.parameters]
    try:
        if strange and not anything:
            raise TypeError(f"got {strange[0]}, which it does not take")
        signature.bind(**arguments)
    except TypeError as error:
        known = ", ".join(map(_shown, parameters))
        return f"{error}; need --init NAME=VALUE for the arguments ({known})"
    return ""


def _shown(parameter: inspect.Parameter) -> str:
    """An argument with its default, where that is a literal; types would make the line long."""
    default = parameter.default
    plain = default is None or isinstance(default, bool | int | float | str)
    return f"{parameter.name}={default!r}" if plain else parameter.name


def _file(path: str) -> ModuleType:
    file = Path(path)
    if not file.is_file():
        raise TargetError(f"target: got {path!r}, no such file; need a path to a Python file")
    module = _guarded(lambda: import_file(file), f"importing {path}")
    if module is None:
        raise TargetError(f"target: got {path!r}, not importable; need a path to a Python file")
    return module


def _module(name: str) -> ModuleType:
    importable("")  # as ``python -m`` does: the user's own modules are importable
    return _guarded(lambda: importlib.import_module(name), f"importing {name}")


def _guarded(call: Callable[[], Made], doing: str) -> Made:
    """Run the user's code; any exception becomes a one-line error."""
    try:
        return call()
    except (Exception, SystemExit) as error:
        first = (str(error).splitlines() or [""])[0]
        raise TargetError(f"target: {doing} raised {type(error).__name__}: {first}") from error
