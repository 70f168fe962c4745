"""Signals that end a command as Ctrl-C does, so that what it has is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["INTERRUPTED", "terminated_as_interrupted"]

INTERRUPTED = 130  # exit code
# ``kill``, ``timeout`` and batch systems; a terminal that was closed
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """While it is open, these signals raise KeyboardInterrupt, unless they are ignored (nohup)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: handler
        for number in _ENDING
        if (handler := signal.getsignal(number)) not in (signal.SIG_IGN, None)
    }
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
