"""Signals that end a command as Ctrl-C does, so that its state is kept."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["INTERRUPTED", "interrupts_deferred", "terminated_as_interrupted"]

INTERRUPTED = 130  # exit code
SOON = 0.05  # seconds
# ``kill``, ``timeout`` and batch systems; a terminal that was closed
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Context in which these signals raise KeyboardInterrupt, unless they are ignored (nohup)."""
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
    hook, sys.unraisablehook = sys.unraisablehook, _again_where_it_counts
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Context in which these signals wait: one during an import of compiled code would abort.

    Raises:
        KeyboardInterrupt: at the end, if one came.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {
        number: handler
        for number in (signal.SIGINT, *_ENDING)
        if (handler := signal.getsignal(number)) is signal.default_int_handler
    }
    for number in before:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


def _again_where_it_counts(unraisable: Any) -> None:
    """Raise a signal again that came during garbage collection, where a callback of JAX loses it.

    It is raised a moment later, in the main thread.
    """
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
        return
    for number in (signal.SIGINT, *_ENDING):
        if signal.getsignal(number) is signal.default_int_handler:
            timer = threading.Timer(SOON, _thread.interrupt_main, [number])
            timer.daemon = True
            timer.start()
            return
