"""Options of the command line that say how the model of a TARGET is made."""

from __future__ import annotations

import argparse
import ast
from typing import Any

__all__ = ["add_target_options", "arguments_of"]

_WORDS = {"true": True, "false": False, "none": None, "null": None}


def add_target_options(command: argparse.ArgumentParser) -> None:
    """``--init`` and ``--reinit``."""
    command.add_argument(
        "--init",
        type=_assignment,
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


def arguments_of(options: argparse.Namespace) -> dict[str, Any] | None:
    """What ``--init`` gives, by name; None where it is not there."""
    return None if options.init is None else dict(options.init)


def _assignment(text: str) -> tuple[str, Any]:
    """name=value, the value as in Python; any other text is itself."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"got {text!r}, need NAME=VALUE, e.g. depth=50")
    if value.lower() in _WORDS:
        return name, _WORDS[value.lower()]
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return name, value
