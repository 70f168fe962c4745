"""A progress bar on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from jaxrf.console.heartbeat import doing, reported_elsewhere

__all__ = ["Tell", "progress_bar"]


class Tell:
    """``tell(stage, done, total)`` moves the bar of a stage, and starts it on the first call.

    ``tell.note(text)`` stands beside the bar that moves next, from then on.
    """

    def __init__(self, bar: Any, open_bar: Callable[[], None]) -> None:
        self.bar = bar
        self.open_bar = open_bar
        self.tasks: dict[str, int] = {}
        self.text = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Move the bar of a stage."""
        doing(stage, done, total)
        try:
            self._move(stage, done, total)
        except OSError:  # nobody reads standard error any more; the work goes on
            self.bar.disable = True

    def _move(self, stage: str, done: int, total: int) -> None:
        if stage not in self.tasks:
            self.open_bar()
            self.tasks[stage] = self.bar.add_task(stage, total=total, note=self.text)
        self.bar.update(self.tasks[stage], completed=done, total=total, note=self.text)

    def note(self, text: str) -> None:
        """Set the text beside the bar."""
        self.text = text


@contextmanager
def progress_bar() -> Iterator[Tell]:
    """Context with one bar per stage; an error leaves none behind."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<9}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    console = Console(stderr=True)
    bar = Progress(*columns, console=console)
    reporting = ExitStack()

    def open_bar() -> None:
        bar.start()
        if console.is_terminal:
            reporting.enter_context(reported_elsewhere())

    tell = Tell(bar, open_bar)
    try:
        with reporting:
            yield tell
    except BaseException:
        bar.live.transient, console.quiet = True, not console.is_terminal
        raise
    finally:
        if tell.tasks:
            with suppress(OSError):
                bar.stop()
