"""Where the results of commands go: files that are checked beforehand, and the form of tables."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from jaxrf.errors import InvalidInput
from jaxrf.results import emit
from jaxrf.tables import TextTable, plain_text

__all__ = ["FORMATS", "format_of", "formatted", "writable", "write", "write_maps", "wrote"]

FORMATS = {".txt": "table", ".json": "json", ".csv": "csv", ".md": "markdown"}


def write(options: argparse.Namespace, output: Path | None, text: str) -> None:
    """To the file, or to standard output without one."""
    if output is None:
        emit(text)
    else:
        output.write_text(text)
        wrote(options, output)


def wrote(options: argparse.Namespace, *files: Path) -> None:
    """Say which files there are now."""
    print(f"jaxrf {options.command}: wrote {', '.join(map(str, files))}", file=sys.stderr)


def write_maps(output: Path, result: dict, **maps: Any) -> None:
    """Write an NPZ of arrays, with the numbers and versions as JSON under ``meta``."""
    import numpy as np

    from jaxrf.serialize import meta, to_json

    np.savez(output, **maps, meta=to_json({**result, "meta": meta()}))


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
    new = not file.exists()
    try:
        file.open("ab").close()
        if new:
            file.unlink()
    except OSError as error:
        raise InvalidInput(
            f"-o: got {path!r}, which cannot be written ({error.strerror}); name another file"
        ) from error
    return file
