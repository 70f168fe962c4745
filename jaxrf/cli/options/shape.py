"""``--shape``: one for every input of a model, by position or by name."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NamedTuple

from jaxrf.cli.options.parse import comma_separated
from jaxrf.errors import InvalidInput

__all__ = ["ShapeOption", "add_shape", "inputs_of", "shape_option"]


class ShapeOption(NamedTuple):
    """One ``--shape``.

    Attributes:
        name: of the argument, with the place inside it (``batch/image``); "" by position.
        lengths: of the axes; None is a free length.
        dtype: None where it is not given.
    """

    name: str
    lengths: tuple[int | None, ...]
    dtype: str | None


def add_shape(command: argparse.ArgumentParser) -> None:
    """``--shape``, as often as the model has inputs."""
    command.add_argument(
        "--shape",
        type=shape_option,
        action="append",
        metavar="N,H,W,C",
        help="shape of the input; again for every further one, e.g. 1,77:int32, or by the name of "
        "the argument: t=1,77, batch/image=1,64,64,3 inside a dict, xs/0=1,8 inside a list; what "
        "is left out of an ONNX file is as it declares, and zoo:NAME has a usual one",
    )


def shape_option(text: str) -> ShapeOption:
    """The shape in ``1,224,224,3``, ``1,77:int32``, ``1,None,3`` (or ``?``), ``tokens=1,77:int32``.

    >>> shape_option("batch/mask=1,?:bool")
    ShapeOption(name='batch/mask', lengths=(1, None), dtype='bool')
    """
    name, equals, shape = text.rpartition("=")
    if equals and not all(name.split("/")):
        raise argparse.ArgumentTypeError(f"got {text!r}, need a name before =, e.g. x=1,77")
    lengths, colon, dtype = shape.partition(":")
    if colon and not dtype:
        raise argparse.ArgumentTypeError(f"got {text!r}, need a type behind :, e.g. 1,77:int32")
    return ShapeOption(name, comma_separated(lengths, _length, "1,224,224,3"), dtype or None)


def _length(text: str) -> int | None:
    return None if text.strip().lower() in ("none", "?") else int(text)


def inputs_of(shapes: Sequence[ShapeOption]) -> Any:
    """The shapes, as :func:`jaxrf.analyze` takes them.

    Raises:
        InvalidInput: a shape by position after one by name, a name twice, or a bad shape.
    """
    from jaxrf.program.inputs import array_input

    if len(shapes) == 1 and shapes[0].dtype is None and not shapes[0].name:
        return shapes[0].lengths
    arrays = [array_input(shape.lengths, shape.dtype or "float32") for shape in shapes]
    names = [shape.name for shape in shapes]
    count = next((i for i, name in enumerate(names) if name), len(names))
    if "" in names[count:]:
        raise InvalidInput("--shape: got one by position after one by name, need them before")
    tree: dict[str, Any] = {}
    for name, array in zip(names[count:], arrays[count:], strict=True):
        _put(tree, name, array)
    if not tree:
        return arrays
    from jaxrf.frameworks.keywords import Keywords

    return [*arrays[:count], Keywords({name: _lists(part) for name, part in tree.items()})]


def _put(tree: dict[str, Any], name: str, array: Any) -> None:
    """The array under its name, inside the dicts that the parts of the name stand for."""
    *outer, last = name.split("/")
    for part in outer:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise InvalidInput(f"--shape: got {name} and {part}, need one of the two")
    if last in tree:
        raise InvalidInput(f"--shape: got {name} twice, need one shape for each")
    tree[last] = array


def _lists(tree: Any) -> Any:
    """Dicts whose keys count from 0 as lists."""
    if not isinstance(tree, dict):
        return tree
    parts = {name: _lists(part) for name, part in tree.items()}
    numbers = sorted(parts, key=lambda name: (len(name), name))
    if numbers == [str(i) for i in range(len(numbers))]:
        return [parts[name] for name in numbers]
    return parts
