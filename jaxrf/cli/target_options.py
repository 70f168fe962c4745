"""Options of the command line that say how the model of a TARGET is made."""

from __future__ import annotations

import argparse
from typing import Any

from jaxrf.cli.assignment import assignment

__all__ = ["add_target_options", "arguments_of"]


def add_target_options(command: argparse.ArgumentParser) -> None:
    """``--init`` and ``--reinit``."""
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


def arguments_of(options: argparse.Namespace) -> dict[str, Any] | None:
    """What ``--init`` gives, by name; None where it is not there."""
    return None if options.init is None else dict(options.init)
