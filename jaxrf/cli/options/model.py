"""The options of every command on a model: which one, its inputs, its call and its weights."""

from __future__ import annotations

import argparse
from typing import Any

from jaxrf.cli.options.cache import CacheOptions, add_cache
from jaxrf.cli.options.once import OnceByName
from jaxrf.cli.options.parse import assignment, integers, named_numbers
from jaxrf.cli.options.shape import ShapeOption, add_shape
from jaxrf.cli.options.target import TargetOptions, add_making, add_target

__all__ = ["ModelOptions", "add_model"]


class ModelOptions(TargetOptions, CacheOptions):
    """Options of a model: how it is called, and which of its feature maps is meant.

    Attributes:
        command: its name, for messages.
        shape: of the inputs, as far as given; None where none is.
        value: (name, numbers) of the inputs of an ONNX file that are held constant.
        wrt: name of the input that fields are in; None is the first.
        axes: spatial axes; None are all but first and last.
        call: keyword arguments of the model's own call.
        variables: file of its weights.
        endpoint: feature map; None is the model's output. Each command declares it itself.
    """

    command: str
    shape: list[ShapeOption] | None
    value: list[tuple[str, str]]
    wrt: str | None
    axes: tuple[int, ...] | None
    call: dict[str, Any]
    variables: str | None
    endpoint: str | None


def add_model(
    commands: Any, name: str, help: str, *, optional: bool = False
) -> argparse.ArgumentParser:
    """A command on a model: its parser, with TARGET and the options of the model.

    Args:
        commands: what ``argparse`` calls subparsers.
        name: of the command.
        help: what it does, in a few words.
        optional: whether it can do without TARGET; it checks that itself.
    """
    command: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    add_target(command, optional=optional)
    add_shape(command)
    command.add_argument(
        "--value",
        type=named_numbers,
        action="append",
        default=[],
        metavar="NAME=NUMBERS",
        help="hold an input of an ONNX file at a known value, e.g. sr=16000",
    )
    command.add_argument(
        "--wrt", metavar="INPUT", help="the input that fields are in, by name (the first)"
    )
    command.add_argument(
        "--axes", type=integers, metavar="1,2", help="spatial axes (all but first and last)"
    )
    add_making(command)
    command.add_argument(
        "--call",
        type=assignment,
        action=OnceByName,
        default={},
        metavar="NAME=VALUE",
        help="keyword argument of the model's own call, e.g. train=true; again for every further",
    )
    command.add_argument(
        "--variables",
        metavar="FILE",
        help="weights of the model: .msgpack, .safetensors, .npz or an Orbax folder",
    )
    add_cache(command)
    return command
