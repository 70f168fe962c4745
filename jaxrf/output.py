"""Where the results of commands go: files that are checked beforehand, and the form of tables."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from jaxrf.errors import InvalidInput
from jaxrf.files import check_writable, whole, write_whole
from jaxrf.results import emit, say
from jaxrf.tables import TextTable, plain_text

__all__ = ["FORMATS", "format_of", "formatted", "writable", "write", "write_maps", "wrote"]

FORMATS = {".txt": "table", ".json": "json", ".csv": "csv", ".md": "markdown"}


def write(options: argparse.Namespace, output: Path | None, text: str) -> None:
    """To the file, or to standard output without one."""
    if output is None:
        emit(text)
    else:
        write_whole(output, text)
        wrote(options, output)


def wrote(options: argparse.Namespace, *files: Path) -> None:
    """Say which files there are now."""
    say(f"jaxrf {options.command}: wrote {', '.join(map(str, files))}")


def write_maps(output: Path, result: dict, **maps: Any) -> None:
    """Write an NPZ of arrays, with the numbers and versions as JSON under ``meta``."""
    import numpy as np

    from jaxrf.serialize import meta, to_json

    with whole(output) as file:
        np.savez(file, **maps, meta=to_json({**result, "meta": meta()}))


def format_of(output: Path | None, asked: str | None) -> str:
    """What was asked for, else what the suffix of the file says, else a table."""
    if asked is not None or output is None:
        return asked or "table"
    if output.suffix not in FORMATS:
        raise InvalidInput(
            f"-o: got {str(output)!r}, need a file ending in {', '.join(FORMATS)}, or -f FORMAT"
        )
    return FORMATS[output.suffix]


def formatted(table: TextTable, form: str) -> str:
    """The table as "csv", "markdown", or for a terminal."""
    if form == "csv":
        return table.csv()
    return table.markdown() if form == "markdown" else plain_text(table) + "\n"


def writable(path: str | None, suffixes: tuple[str, ...] = ()) -> Path | None:
    """The output path, checked before hours of work."""
    if path is None:
        return None
    file = Path(path)
    if suffixes and file.suffix not in suffixes:
        raise InvalidInput(f"-o: got {path!r}, need a file ending in {' or '.join(suffixes)}")
    try:
        check_writable(file)
    except OSError as error:
        raise InvalidInput(
            f"-o: got {path!r}, which cannot be written ({error.strerror}); name another file"
        ) from error
    return file
