"""``--resume``: the state of a run is kept in a file beside the output until it is delivered."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jaxrf.console.results import say
from jaxrf.errors import InvalidInput, JaxrfError

if TYPE_CHECKING:
    from jaxrf.measure.checkpoint import Checkpoint

__all__ = ["ResumeOptions", "RunState", "add_resume", "run_state"]


class ResumeOptions(argparse.Namespace):
    """Options of a run that may be resumed.

    Attributes:
        resume: go on where an interrupted or a finished run stopped.
    """

    resume: bool


def add_resume(command: argparse.ArgumentParser) -> None:
    """``--resume``."""
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on where an interrupted run with -o stopped; with more --samples, where a "
        "finished one in -o x.npz ended",
    )


@dataclass(frozen=True)
class RunState:
    """The state of a run on disk.

    Attributes:
        file: that holds it; None where nothing is written.
        copied: whether it was copied from the file of a finished run.
    """

    file: Path | None
    copied: bool

    def checkpoint(self, resume: bool) -> Checkpoint | None:
        """The state file for a measurement; it is kept until the result is delivered."""
        from jaxrf.measure.checkpoint import Checkpoint

        return None if self.file is None else Checkpoint(self.file, resume, keep=True)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Context of a run: afterwards its state is deleted, unless the run was interrupted."""
        try:
            yield
        except JaxrfError:
            if self.file is not None and self.copied:
                self.file.unlink(missing_ok=True)
            raise
        except KeyboardInterrupt:
            if self.file is not None and self.file.exists():
                say(f"jaxrf erf: kept what was sampled in {self.file}; go on with --resume")
            raise
        if self.file is not None:
            self.file.unlink(missing_ok=True)


def run_state(options: ResumeOptions, files: Sequence[Path]) -> RunState:
    """The state of a run beside its output, the first ``.npz`` if there is one.

    Args:
        options: of the command.
        files: that it writes.

    Raises:
        InvalidInput: a run that should go on has no output, or no state beside it.
    """
    from jaxrf.measure.extension import partial_of, state_of

    output = next((f for f in files if f.suffix == ".npz"), files[0] if files else None)
    if output is None:
        if options.resume:
            raise InvalidInput("--resume: got no -o FILE, need the file of the interrupted run")
        return RunState(None, False)
    left = partial_of(output).exists()
    return RunState(state_of(output, resume=options.resume), options.resume and not left)
