"""The options of a command about inputs, completed by what an ONNX file says of its own."""

from __future__ import annotations

import argparse
from typing import Any

from jaxrf.cli.usual_shape import usual_shape
from jaxrf.console.results import say
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.onnx import is_onnx_path

__all__ = ["complete"]


def complete(options: argparse.Namespace) -> None:
    """Set ``options.model`` to a loaded file, or None, and ``options.shape`` to all its inputs.

    What was taken from the file goes to standard error, one line each.

    Raises:
        InvalidInput: no shape, or ``--value``, for a target that is no file.
        TargetError: a file that cannot be loaded.
    """
    if not hasattr(options, "target"):
        return
    options.model = None
    if not is_onnx_path(options.target):
        if options.value:
            raise InvalidInput(f"--value: got target {options.target}, need an ONNX file")
        usual_shape(options)
        return
    from jaxrf.cli.targets import load_target

    names = [name for name, _ in options.value]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InvalidInput(f"--value: got {twice[0]} twice, need one value for an input")
    options.model = load_target(
        options.target, factory=options.factory, width=options.width, values=dict(options.value)
    )
    from jaxrf.frameworks.onnx.inputs import filled  # onnx is there, as the file was read

    options.shape, said = filled(options.model, _given(options))
    options.shape_names = [""] * len(options.shape)
    for line in said:
        say(f"jaxrf {options.command}: {line}")


def _given(options: argparse.Namespace) -> Any:
    """The shapes of the command line, by the names of inputs where it has them."""
    shapes, names = options.shape or [], getattr(options, "shape_names", [])
    if not any(names):
        return shapes
    if not all(names):
        raise InvalidInput("--shape: got some by name and some not, need a name for each, or none")
    if len(set(names)) < len(names):
        raise InvalidInput("--shape: got a name twice, need one shape for each")
    return dict(zip(names, shapes, strict=True))
