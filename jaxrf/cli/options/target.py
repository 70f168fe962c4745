"""TARGET and the options that choose how its model is built."""

from __future__ import annotations

import argparse
from typing import Any

from jaxrf.cli.options.parse import assignment

__all__ = ["TargetOptions", "add_making", "add_target", "arguments_of"]


class TargetOptions(argparse.Namespace):
    """Options that name a model and how it is built.

    Attributes:
        target: ``zoo:NAME``, ``package.module:attribute``, ``file.py:attribute`` or ``file.onnx``.
        factory: call the target without arguments first.
        width: width factor of a zoo network.
        init: (name, value) of arguments to call the target with first.
        reinit: draw the weights of a model that has its own anew.
    """

    target: str
    factory: bool
    width: float | None
    init: list[tuple[str, Any]] | None
    reinit: bool


def add_target(command: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """TARGET itself."""
    command.add_argument(
        "target",
        nargs="?" if optional else None,
        metavar="TARGET",
        help="the model: zoo:NAME, package.module:attribute, path/to/file.py:attribute or net.onnx",
    )


def add_making(command: argparse.ArgumentParser) -> None:
    """``--factory``, ``--width``, ``--init`` and ``--reinit``."""
    command.add_argument(
        "--factory", action="store_true", help="call the target without arguments first"
    )
    command.add_argument("--width", type=float, help="factor on the channels of a zoo network (1)")
    command.add_argument(
        "--init",
        type=assignment,
        action="append",
        metavar="NAME=VALUE",
        help="call the target, a class or a function, with this argument first; again for every "
        "further one, e.g. --init depth=50 --init widths=[8,16]",
    )
    command.add_argument(
        "--reinit",
        action="store_true",
        help="draw the weights of a model that has its own anew, by its initialisers (PyTorch)",
    )


def arguments_of(options: TargetOptions) -> dict[str, Any] | None:
    """Arguments of ``--init`` by name; None without the option."""
    return None if options.init is None else dict(options.init)
