"""Options on where results go and in which form, in every command alike."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["add_files", "add_format"]

FORMATS = ("table", "json", "csv", "markdown", "latex")
SUFFIXES = ".npz, .json, .csv, .md, .tex, .txt, or a figure as .png, .pdf, .svg"


def add_format(command, choices: Sequence[str] = FORMATS) -> None:
    """The form of what is printed."""
    command.add_argument(
        "-f",
        "--format",
        choices=choices,
        metavar="FORMAT",
        help=f"of what is printed: {', '.join(choices)} (table)",
    )


def add_files(command, suffixes: str = SUFFIXES) -> None:
    """Files, in every command alike."""
    command.add_argument(
        "-o",
        "--output",
        action="append",
        metavar="FILE",
        help=f"write the result to a file, again for every further one: {suffixes}",
    )
