"""Progress of a long command: one line on standard error at least every 30 seconds.

A terminal sees a bar instead while there is one. The lines come from a thread of their own, so that
they come while a model is compiled, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from jaxrf.console.results import say

__all__ = ["doing", "in_words", "reported_elsewhere", "reports"]

EVERY = 25.0  # seconds between two lines


class _Stage:
    """The current stage of the work, its start and its progress."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.first: tuple[float, int] | None = None  # when it was first heard of, and how far
        self.done = self.total = 0

    def __str__(self) -> str:
        if not self.total:
            return self.name
        return f"{self.name} {self.done} of {self.total}{self._left()}"

    def report(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        self.first = self.first or (time.monotonic(), done)

    def _left(self) -> str:
        """Remaining time by the pace after the first report: before it, code was compiled."""
        if self.first is None or self.done <= self.first[1] or self.done >= self.total:
            return ""
        rate = (time.monotonic() - self.first[0]) / (self.done - self.first[1])
        return f", about {in_words(rate * (self.total - self.done))} left"


class _Now:
    stage = _Stage("starting")
    elsewhere = False  # whether something else says so


def doing(what: str, done: int = 0, total: int = 0) -> None:
    """Set the stage that the next progress line reports: ``done`` of ``total``, if that is known.

    Args:
        what: in a few words, e.g. "deriving the field".
        done: of ``total``.
        total: 0 where it is not known.
    """
    if _Now.stage.name != what:
        _Now.stage = _Stage(what)
    if total:
        _Now.stage.report(done, total)


@contextmanager
def reported_elsewhere() -> Iterator[None]:
    """Context in which a bar or another process reports progress, and no lines are printed."""
    _Now.elsewhere = True
    try:
        yield
    finally:
        _Now.elsewhere = False


@contextmanager
def reports(command: str, *, program: str = "jaxrf ") -> Iterator[None]:
    """Context in which a progress line is printed every half minute.

    Args:
        command: name of the command.
        program: name that stands before it.
    """
    over, begun = threading.Event(), time.monotonic()
    _Now.stage = _Stage("starting")

    def report() -> None:
        while not over.wait(EVERY):
            if not _Now.elsewhere:
                gone = in_words(time.monotonic() - begun)
                say(f"{program}{command}: {_Now.stage} ({gone} gone)")

    thread = threading.Thread(target=report, name="jaxrf reports", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def in_words(seconds: float) -> str:
    """A duration for people.

    >>> in_words(45), in_words(150), in_words(8000)
    ('45 s', '2 min 30 s', '2 h 13 min')
    """
    whole = max(round(seconds), 1)
    if whole < 100:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
