"""Standard output holds results alone: whatever else is printed goes to standard error.

A model may print whatever it likes when it is imported, built, traced or run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from typing import TextIO

from jaxrf.text.printable import encodable, printable

__all__ = ["emit", "results_number", "results_on_stdout", "say", "silence"]

_RESULTS: list[TextIO] = []
_FOR_GOOD: list[ExitStack] = []  # never closed


def emit(text: str) -> None:
    """Write a result to standard output, which may be a closed pipe.

    Raises:
        OSError: the result cannot be written (a full disk).
    """
    _write(_RESULTS[-1] if _RESULTS else sys.stdout, printable(text, keep="\n\t"))


def say(text: str) -> None:
    """Print one line on standard error, if it is open."""
    with suppress(OSError):
        _write(sys.stderr, printable(text) + "\n")


def results_number() -> int | None:
    """The number of the file that results go to, for a process that writes them; None: its own."""
    try:
        return _RESULTS[-1].fileno() if _RESULTS else None
    except (OSError, ValueError):  # not a stream of the system
        return None


def silence() -> None:
    """Discard what this process prints from now on, to either stream: another one says it."""
    for stream in (*_RESULTS, sys.stderr):
        if stream is not None:
            _silence(stream)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # a process without this stream
        return
    try:
        stream.write(encodable(text, getattr(stream, "encoding", None)))
        stream.flush()
    except OSError as error:
        _silence(stream)
        if not isinstance(error, BrokenPipeError):
            raise


def _silence(stream: TextIO) -> None:
    """Discard what a stream still holds, which would fail again at exit."""
    with suppress(OSError, ValueError):  # not a stream of the system
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


@contextmanager
def results_on_stdout(*, for_good: bool = False) -> Iterator[None]:
    """Context in which :func:`emit` alone writes to standard output.

    Of the process's own standard output this holds for compiled code and for processes that the
    model starts, too.

    Args:
        for_good: keep this state afterwards: what still runs may print until the process ends.
    """
    with ExitStack() as stack:
        _open_standard_streams()
        results: TextIO = sys.stdout
        if results is sys.__stdout__:
            results = stack.enter_context(_moved(results))
        _RESULTS.append(results)
        stack.callback(_RESULTS.pop)
        stack.enter_context(redirect_stdout(sys.stderr))
        if for_good:
            _FOR_GOOD.append(stack.pop_all())
        yield


def _open_standard_streams() -> None:
    """Open standard streams that are missing, so that no other file takes their numbers."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


@contextmanager
def _moved(stream: TextIO) -> Iterator[TextIO]:
    """Move a stream to another file descriptor, and point its own at standard error."""
    stream.flush()
    number = stream.fileno()
    kept = os.dup(number)
    with os.fdopen(kept, "w", encoding=stream.encoding) as moved:
        os.dup2(sys.stderr.fileno(), number)
        try:
            yield moved
        finally:
            if not moved.closed:  # as the interpreter does at its end, before it comes here
                os.dup2(kept, number)
