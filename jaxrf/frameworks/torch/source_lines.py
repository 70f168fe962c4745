"""Source lines: JAX records the user's line of Python, though jaxrf's interpreter runs it.

A function is called through a frame that carries the file name and line of the user's module, as
template engines do it: JAX, which looks for the first frame that is not its own or ours, finds the
line that the user wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from jax.extend import source_info_util

__all__ = ["call_at", "user_line"]

_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
_LIBRARY = re.compile(r"[/\\]torch[/\\](nn|_|utils|fx|export|functional)")

source_info_util.register_exclusion(str(Path(__file__).parent))


def user_line(stack_trace: str | None) -> tuple[str, int] | None:
    """(file, line) of the innermost frame that is not inside torch; None without any."""
    frames = _FRAME.findall(stack_trace or "")
    for file, line in reversed(frames):
        if not _LIBRARY.search(file):
            return file, int(line)
    return None


def call_at(place: tuple[str, int] | None, function: Callable[[], Any]) -> Any:
    """``function()``, as if it were called from the place."""
    if place is None:
        return function()
    results: list[Any] = []
    exec(_call(*place), {"call": lambda: results.append(function())})
    return results[0]


@cache
def _call(file: str, line: int) -> CodeType:
    """A call at the beginning of a line: the column is not known."""
    return compile("\n" * (line - 1) + "call()", file, "exec")
