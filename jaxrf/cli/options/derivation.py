"""``--all`` and ``--strict``: which end-points are listed, and whether bounds are refused."""

from __future__ import annotations

import argparse

__all__ = ["DerivationOptions", "add_derivation"]


class DerivationOptions(argparse.Namespace):
    """Options of the derivation of a field.

    Attributes:
        all: also the sub-modules of a model, and every row of a long table.
        strict: refuse a model with an operation that is not known.
    """

    all: bool
    strict: bool


def add_derivation(command: argparse.ArgumentParser) -> None:
    """``--all`` and ``--strict``."""
    command.add_argument(
        "--all",
        action="store_true",
        help="also the sub-modules of a model that names end-points; every row of a long table",
    )
    command.add_argument(
        "--strict",
        action="store_true",
        help="exit 3 where an operation has no rule, and its field is only bounded",
    )
