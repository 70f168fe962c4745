"""The target of a command with the complete shapes of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jaxrf.cli.options.model import ModelOptions
from jaxrf.cli.options.shape import ShapeOption
from jaxrf.cli.options.target import arguments_of
from jaxrf.cli.targets import load_target
from jaxrf.console.results import say
from jaxrf.errors import InvalidInput
from jaxrf.frameworks.onnx import is_onnx_path

__all__ = ["Request", "request_of"]


@dataclass(frozen=True)
class Request:
    """A target with the shapes of all its inputs.

    Attributes:
        target: as it is typed.
        shapes: of the inputs, as far as the command line or the zoo has them.
        file: a loaded ONNX model and all its inputs; None for any other target.
    """

    target: str
    shapes: tuple[ShapeOption, ...]
    file: tuple[Any, list[Any]] | None = None

    @property
    def free(self) -> bool:
        """Whether an input has a free length."""
        if self.file is not None:
            return any(None in array.shape for array in self.file[1])
        return any(None in shape.lengths for shape in self.shapes)


def request_of(options: ModelOptions, target: str | None = None) -> Request:
    """The target and its shapes, completed from an ONNX file or the zoo.

    Each shape that is taken from there is reported on standard error.

    Args:
        options: of the command.
        target: one of several; that of the options by default.

    Raises:
        InvalidInput: no shape, or ``--value``, for a target that is no file.
        TargetError: a file that cannot be loaded, or no such network in the zoo.
    """
    target = options.target if target is None else target
    if is_onnx_path(target):
        return _of_file(options, target)
    if options.value:
        raise InvalidInput(f"--value: got target {target}, need an ONNX file")
    shapes = options.shape
    return Request(target, (_usual_shape(options, target),) if shapes is None else tuple(shapes))


def _of_file(options: ModelOptions, target: str) -> Request:
    from jaxrf.theory.model_inputs import complete_inputs

    names = [name for name, _ in options.value]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InvalidInput(f"--value: got {twice[0]} twice, need one value for an input")
    model = load_target(
        target,
        factory=options.factory,
        width=options.width,
        values=dict(options.value),
        arguments=arguments_of(options),
    )
    shapes = tuple(options.shape or ())
    model, inputs, said = complete_inputs(model, _by_name(shapes), "float32")
    for line in said:
        say(f"jaxrf {options.command}: {line}")
    return Request(target, shapes, (model, inputs))


def _by_name(shapes: tuple[ShapeOption, ...]) -> Any:
    """The shapes for ``complete_inputs``, in order or by name; None where there are none."""
    from jaxrf.program.inputs import OpenInput

    names = [shape.name for shape in shapes]
    given = [s.lengths if s.dtype is None else OpenInput(s.lengths, s.dtype) for s in shapes]
    if not any(names):
        return given or None
    if not all(names):
        raise InvalidInput("--shape: got some by name and some not, need a name for each, or none")
    if len(set(names)) < len(names):
        raise InvalidInput("--shape: got a name twice, need one shape for each")
    return dict(zip(names, given, strict=True))


def _usual_shape(options: ModelOptions, target: str) -> ShapeOption:
    """The usual shape of a network of the zoo."""
    place, _, name = target.rpartition(":")
    if place != "zoo" or not name:
        raise InvalidInput(
            "--shape: got none, need that of the input, e.g. --shape 1,224,224,3 (zoo:NAME has a "
            f"usual one, an ONNX file its own); see jaxrf {options.command} --help"
        )
    from jaxrf import zoo

    shape = zoo.input_shape(name)
    say(
        f"jaxrf {options.command}: input {','.join(map(str, shape))}, the usual one of zoo:{name}; "
        "--shape for another"
    )
    return ShapeOption("", tuple(shape), None)
