"""Standard output is for results: what else is printed while a command runs goes to standard error.

A model may print whatever it likes when it is imported, built, traced or run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import TextIO

__all__ = ["emit", "results_apart"]

_RESULTS: list[TextIO] = []


def emit(text: str) -> None:
    """Write a result to standard output, in what its encoding has: not every terminal is UTF-8."""
    stream = _RESULTS[-1] if _RESULTS else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    stream.write(text)


_PLAIN = str.maketrans({"─": "-", "σ": "sigma", "±": "+-", "²": "^2", "×": "x", "…": "..."})


@contextmanager
def results_apart() -> Iterator[TextIO]:
    """While it is open, :func:`emit` alone writes to standard output; yields that.

    Of the process's own standard output this holds for compiled code and for processes that the
    model starts, too.
    """
    with ExitStack() as stack:
        results: TextIO = sys.stdout
        if sys.stdout is sys.__stdout__:
            results = stack.enter_context(_moved(results))
        _RESULTS.append(results)
        stack.callback(_RESULTS.pop)
        with redirect_stdout(sys.stderr):
            yield results


@contextmanager
def _moved(stream: TextIO) -> Iterator[TextIO]:
    """The stream under another file descriptor; its own is that of standard error meanwhile."""
    stream.flush()
    number = stream.fileno()
    kept = os.dup(number)
    with os.fdopen(kept, "w", encoding=stream.encoding, errors=stream.errors) as moved:
        os.dup2(sys.stderr.fileno(), number)
        try:
            yield moved
            moved.flush()
        finally:
            os.dup2(kept, number)
