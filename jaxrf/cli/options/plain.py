"""``--no-plain``: leave out the gradient of the unmodified model in a measured support."""

from __future__ import annotations

import argparse

__all__ = ["PlainOptions", "add_plain"]


class PlainOptions(argparse.Namespace):
    """Options of a measured support.

    Attributes:
        no_plain: leave out the gradient of the unmodified model.
    """

    no_plain: bool


def add_plain(command: argparse.ArgumentParser) -> None:
    """``--no-plain``."""
    command.add_argument(
        "--no-plain", action="store_true", help="leave out the gradient of the model as it is"
    )
