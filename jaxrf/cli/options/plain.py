"""``--no-plain``: whether a support is measured by the gradient of the model as it is, too."""

from __future__ import annotations

import argparse

__all__ = ["PlainOptions", "add_plain"]


class PlainOptions(argparse.Namespace):
    """Which measurements of a support are made.

    Attributes:
        no_plain: leave out the gradient of the model as it is.
    """

    no_plain: bool


def add_plain(command: argparse.ArgumentParser) -> None:
    """``--no-plain``."""
    command.add_argument(
        "--no-plain", action="store_true", help="leave out the gradient of the model as it is"
    )
