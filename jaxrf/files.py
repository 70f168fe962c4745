"""Atomic writing of files, and reading of archives that may be damaged.

After a full disk, an error or a kill, the previous file is still there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

__all__ = ["check_writable", "open_archive", "whole", "write_whole"]

LONGEST = 200  # bytes of a name that are kept in that of the new file: 255 is the most


@contextmanager
def open_archive(path: str | Path) -> Iterator[Any]:
    """The arrays of an ``.npz`` by name; numpy itself would leave a damaged file open.

    Raises:
        OSError, ValueError, EOFError, BadZipFile: the file is missing, damaged or no archive.
    """
    import numpy as np

    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        yield archive


@contextmanager
def whole(path: str | Path) -> Iterator[IO[bytes]]:
    """A file, open for writing, that takes the place of ``path`` once all of it is on disk.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "x.txt"
    >>> with whole(file) as out:
    ...     _ = out.write(b"one")
    >>> file.read_bytes()
    b'one'

    A link stays a link: the file that it leads to is replaced. Other files (``/dev/null``,
    a pipe) are written to as they are.

    Raises:
        OSError: the file cannot be written; the previous one is unchanged.
    """
    named, path = path, Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        with path.open("wb") as out:
            yield out
        return
    new = _beside(path)
    try:
        with new.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())  # some file systems say only now that the disk is full
        if path.exists():
            with suppress(OSError):  # a file system without permissions
                shutil.copymode(path, new)
        new.replace(path)
    except OSError as error:
        error.filename = error.filename or str(named)
        raise
    finally:
        new.unlink(missing_ok=True)


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file by :func:`whole`; text as UTF-8, whatever the locale."""
    with whole(path) as out:
        out.write(
            content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
        )


def check_writable(path: Path) -> None:
    """Find out whether a file could be written; leaves nothing behind.

    Raises:
        OSError: it could not.
    """
    path = Path(os.path.realpath(path))
    if path.exists():
        path.open("ab").close()
        if not path.is_file():
            return
    new = _beside(path)
    try:
        new.open("wb").close()
    finally:
        new.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    """The name of the new file: hidden, and another one in every process."""
    kept = path.name.encode("utf-8", "surrogateescape")[:LONGEST].decode("utf-8", "ignore")
    return path.with_name(f".{kept}.{os.getpid()}.new")
