"""``Journal``: batches on disk, each appended when it is drawn, so that a kill loses only the next.

A record is its length and checksum, and then an ``.npz`` of its arrays. The first one has the
fingerprint of the run. What follows the last whole record, left by a kill or a full disk, is cut
off when the journal is read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from jaxrf.errors import InvalidInput
from jaxrf.measure.drawing import Drawn, arrays_of, bytes_of, packed, unpacked

__all__ = ["Journal"]

_HEAD = struct.Struct("<QI")  # length and checksum of a record


class Journal:
    """The batches of a run in a file.

    Attributes:
        path: of the file.
        fingerprint: of the run that the batches belong to.
    """

    def __init__(self, path: str | Path, fingerprint: str) -> None:
        self.path = Path(path)
        self.fingerprint = fingerprint

    def start(self) -> None:
        """Begin with nothing, whatever the file holds."""
        with self.path.open("wb") as file:
            file.write(_record(bytes_of({"fingerprint": self.fingerprint})))

    def append(self, drawn: Drawn) -> None:
        """Add a batch; it is with the system before this returns, and outlives a kill."""
        with self.path.open("ab") as file:
            file.write(_record(bytes_of(packed([drawn]))))

    def drawn(self) -> Iterator[Drawn]:
        """The batches in the file, in the order in which they were added; damaged ones are cut off.

        Raises:
            InvalidInput: the file is no journal, or that of another run.
        """
        with self.path.open("r+b") as file:
            head = next(_records(file), None)
            found = None if head is None else _fingerprint(head)
            if found is None:
                raise InvalidInput(f"resume: {self.path} holds no state of a run; delete it")
            if found != self.fingerprint:
                raise InvalidInput(
                    f"resume: {self.path} holds samples of another run; repeat the options of the "
                    "first run, or delete the file"
                )
            good = file.tell()
            for content in _records(file):
                yield from unpacked(arrays_of(content))
                good = file.tell()
            file.truncate(good)


def _record(content: bytes) -> bytes:
    return _HEAD.pack(len(content), zlib.crc32(content)) + content


def _records(file: Any) -> Iterator[bytes]:
    """The whole records from here on."""
    end = Path(file.name).stat().st_size
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        length, checksum = _HEAD.unpack(head)
        content = b"" if file.tell() + length > end else file.read(length)
        if not content or zlib.crc32(content) != checksum:
            return
        yield content


def _fingerprint(content: bytes) -> str | None:
    try:
        return str(arrays_of(content)["fingerprint"])
    except (ValueError, KeyError, OSError, BadZipFile):
        return None
