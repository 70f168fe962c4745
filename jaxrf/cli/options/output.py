"""``-o`` and ``-f``: where results go and in which format, the same in every command."""

from __future__ import annotations

import argparse
from pathlib import Path

from jaxrf.errors import InvalidInput
from jaxrf.files import check_writable

__all__ = [
    "FIGURES",
    "FORMATS",
    "SUFFIXES",
    "FormatOptions",
    "OutputOptions",
    "add_files",
    "add_format",
    "checked_outputs",
]

FORMATS = {
    ".txt": "table",
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".tex": "latex",
}
FIGURES = (".png", ".pdf", ".svg")
SUFFIXES = (".npz", *FORMATS, *FIGURES)


class FormatOptions(argparse.Namespace):
    """Options of the printed format.

    Attributes:
        command: its name, for messages.
        format: of standard output; None is a table.
    """

    command: str
    format: str | None


class OutputOptions(FormatOptions):
    """Options of output files and of the printed format.

    Attributes:
        output: files; None where none is given.
    """

    output: list[str] | None


def add_files(
    command: argparse.ArgumentParser,
    suffixes: str = ".npz, .json, .csv, .md, .tex, .txt, or a figure as .png, .pdf, .svg",
) -> None:
    """``-o``.

    Args:
        command: a parser.
        suffixes: the file types that it can write, for the help text.
    """
    command.add_argument(
        "-o",
        "--output",
        action="append",
        metavar="FILE",
        help=f"write the result to a file, again for every further one: {suffixes}",
    )


def add_format(command: argparse.ArgumentParser) -> None:
    """``-f``."""
    forms = tuple(FORMATS.values())
    command.add_argument(
        "-f",
        "--format",
        choices=forms,
        metavar="FORMAT",
        help=f"how the result is printed: {', '.join(forms)} (table)",
    )


def checked_outputs(
    options: OutputOptions, *, arrays: bool = True, figure: bool = True
) -> tuple[Path, ...]:
    """The output paths, after a check that they can be written.

    Args:
        options: of the command.
        arrays: whether the result has arrays, for ``.npz``.
        figure: whether it can be drawn.

    Raises:
        InvalidInput: a suffix that the command cannot write, a file given twice, or one that
            cannot be written.
    """
    needed = [*([".npz"] if arrays else []), *FORMATS, *(FIGURES if figure else [])]
    files = tuple(map(Path, options.output or ()))
    for text, file in zip(options.output or (), files, strict=True):
        open_end = options.format is not None and file.suffix not in SUFFIXES
        if file.suffix not in needed and not open_end:
            raise InvalidInput(
                f"-o: got {text!r}, need a file ending in {', '.join(needed)}, or -f FORMAT"
            )
        if files.count(file) > 1:
            raise InvalidInput(f"-o: got {text!r} twice, need different files; leave one out")
        _check(file)
    return files


def _check(file: Path) -> None:
    """Check that a file can be written; none is left behind."""
    try:
        check_writable(file)
    except OSError as error:
        raise InvalidInput(
            f"-o: got {str(file)!r}, which cannot be written ({error.strerror}); name another file"
        ) from error
