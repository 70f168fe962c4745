"""``--no-cache``: compile everything anew, and keep nothing of it."""

from __future__ import annotations

import argparse

__all__ = ["CacheOptions", "add_cache"]


class CacheOptions(argparse.Namespace):
    """Options of what compiles.

    Attributes:
        no_cache: compile everything anew, and keep nothing of it.
    """

    no_cache: bool


def add_cache(command: argparse.ArgumentParser) -> None:
    """``--no-cache``."""
    command.add_argument(
        "--no-cache",
        action="store_true",
        help="compile everything anew; what is compiled is kept between runs otherwise",
    )
