"""How a command ends: whatever happens, one line on standard error and an exit code."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

from jaxrf.console.interrupts import INTERRUPTED, terminated_as_interrupted
from jaxrf.console.results import say
from jaxrf.errors import JaxrfError

__all__ = ["ended"]

USAGE = 2


def ended(command: Callable[[], int], name: str, *, debug: bool) -> int:
    """Run a command to its exit code; nothing but the end of the process gets past this.

    Args:
        command: returns its exit code, or raises.
        name: of the command, for messages.
        debug: show where an error comes from.
    """
    try:
        with terminated_as_interrupted():
            return command()
    except KeyboardInterrupt:
        say(f"jaxrf {name}: interrupted")
        return INTERRUPTED
    except (Exception, SystemExit) as error:  # no model ends the process
        if debug:
            for line in "".join(traceback.format_exception(error)).splitlines():
                say(line)
        say(f"jaxrf {name}: error: {_said(error)}")
        return error.exit_code if isinstance(error, JaxrfError) else USAGE


def _said(error: BaseException) -> str:
    """What was got, what is needed, and what to do."""
    if isinstance(error, JaxrfError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{str(error) or 'no memory left'}; need memory for a smaller --shape"
    if isinstance(error, OSError):
        return f"{error}; need a usable file"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return (
        f"{type(error).__name__}{place}: {' '.join(lines[:1])}; jaxrf did not expect this: "
        "--debug shows the traceback, please report it"
    )
