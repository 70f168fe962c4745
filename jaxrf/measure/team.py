"""``Team``: the processes of a ``jax.distributed`` job, which measure one thing together.

All processes run the same program. Each draws other batches; what it drew is sent to all, and all
add it up in the same order, so that every one of them has the bytes that one process alone would
have. Nothing is sent where there is one process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import numpy as np

from jaxrf.errors import JaxrfError, ProcessLost

__all__ = ["Team", "team"]

SMALLEST = 4096  # bytes of a message; others are powers of two, so that few shapes are compiled
FINE, FAILED = b"+", b"-"


@dataclass(frozen=True)
class Team:
    """The processes of a job.

    Attributes:
        index: of this process.
        size: number of processes.
    """

    index: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes files."""
        return self.index == 0

    def gathered(self, make: Callable[[], bytes]) -> list[bytes]:
        """What each process makes, in all of them, in their order.

        Raises:
            ProcessLost: a process that failed or is gone; its own error in the process that failed.
        """
        if self.size == 1:
            return [make()]
        try:
            message = FINE + make()
        except Exception as error:
            self.tell_failure(error)
            raise
        found = self._exchanged(message)
        failed = [(n, m[1:]) for n, m in enumerate(found) if m[:1] == FAILED]
        if failed:
            number, reason = failed[0]
            raise ProcessLost(f"process {number}: {reason.decode('utf-8', 'replace')}")
        return [m[1:] for m in found]

    def from_first(self, make: Callable[[], bytes]) -> bytes:
        """What the first process makes, in all of them."""
        return self.gathered(make if self.first else bytes)[0]

    def tell_failure(self, error: BaseException) -> None:
        """Take part in the next exchange with an error, so that no other process waits for it."""
        if self.size == 1 or isinstance(error, ProcessLost) or hasattr(error, "_jaxrf_told"):
            return
        error._jaxrf_told = True  # type: ignore[attr-defined]
        said = str(error) if isinstance(error, JaxrfError) else f"{type(error).__name__}: {error}"
        self._exchanged(FAILED + said.encode())

    def _exchanged(self, message: bytes) -> list[bytes]:
        """The messages of all processes."""
        lengths = [int(n) for n in _all_gathered(np.array([len(message)], np.int32)).ravel()]
        size = max(SMALLEST, 1 << (max(lengths) - 1).bit_length())
        padded = np.frombuffer(message.ljust(size, b"\0"), np.uint8)
        every = _all_gathered(padded)
        return [row[:n].tobytes() for row, n in zip(every, lengths, strict=True)]


def team() -> Team:
    """The processes that this one belongs to; itself alone without ``jax.distributed``."""
    if not jax.distributed.is_initialized():
        return Team()
    return Team(jax.process_index(), jax.process_count())


def _all_gathered(array: np.ndarray) -> np.ndarray:
    """[processes, ...], the arrays of all processes, of one shape."""
    from jax.experimental.multihost_utils import process_allgather

    try:
        return np.asarray(process_allgather(array)).reshape(-1, *array.shape)
    except Exception as error:  # of the transport, whatever its kind
        lost = ProcessLost(
            f"a process of the job is gone ({str(error).splitlines()[0][:120]}), need all of them; "
            "start the job again, with --resume to go on"
        )
        lost.gone = True
        raise lost from error
