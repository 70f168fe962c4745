"""``Checkpoint``: the file that keeps the state of a run, and when it is read and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jaxrf.arguments.annotations import check_fields, check_parent_folder

__all__ = ["Checkpoint", "checkpoint_of", "file_of"]


@dataclass(frozen=True)
class Checkpoint:
    """A file that keeps the state of a run, so that an interrupted one can be continued.

    Attributes:
        file: path of the file, in a folder that exists.
        resume: continue from the state in the file, where there is one; else start anew.
        keep: leave the file when the run has ended; else it is deleted then.

    Raises:
        InvalidInput: a file whose folder does not exist.
    """

    file: str | Path
    resume: bool = True
    keep: bool = False

    def __post_init__(self) -> None:
        check_fields(self)
        check_parent_folder("checkpoint", self.file)

    def done(self) -> None:
        """Delete the file, unless it is to be kept: the run has ended."""
        if not self.keep:
            Path(self.file).unlink(missing_ok=True)


def checkpoint_of(given: str | Path | Checkpoint | None) -> Checkpoint | None:
    """The checkpoint of a call: a path is resumed from, and deleted in the end."""
    return given if given is None or isinstance(given, Checkpoint) else Checkpoint(given)


def file_of(checkpoint: Checkpoint | None) -> str | Path | None:
    """The path of a checkpoint; None where no state is kept."""
    return None if checkpoint is None else checkpoint.file
