"""``provenance.json`` beside the figures: what every result was made from, and its files.

One file holds the entries of all experiments. Processes that write results at the same time take
turns, so that none loses the entry of another one.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jaxrf.errors import InvalidInput
from jaxrf.experiments.provenance import is_up_to_date
from jaxrf.experiments.sources import Sources, digest_of
from jaxrf.experiments.store import json_text
from jaxrf.files import write_whole

__all__ = ["NAME", "State", "enter", "entries", "state"]

NAME = "provenance.json"
NOT_COMMITTED = (".pdf", ".npz")  # may be missing; where they are there they have to be whole


class State:
    """The state of a result."""

    COMPLETE = "complete"
    NONE = "not made"
    OLDER = "older code"  # or other versions of JAX, numpy, scipy, matplotlib
    DAMAGED = "damaged files"
    QUICK = "quick"  # complete, but a smaller version
    OPTIONS = "other options"  # of the script's own
    REDRAWN = "redrawn"  # of items that another version of the script computed


def entries(out: Path) -> dict[str, Any]:
    """The recorded entries of the results in a folder, by name.

    Raises:
        InvalidInput: the file is damaged, by a conflict of a merge, say.
    """
    file = out / NAME
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InvalidInput(
            f"{file}: got no JSON ({error}), need what the results were made from; mend it, or "
            "delete it to have all of them made again"
        ) from None
    return dict(found)


def enter(out: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Record a result in place of an older one; other processes may write at the same time."""
    with _turn(out):
        write_whole(out / NAME, json_text({**entries(out), name: dict(entry)}))


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Lock the folder; the system releases the lock when the process ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def state(script: Path, out: Path, sources: Sources) -> str:
    """The state of a result, one of :class:`State`; nothing is run."""
    entry = entries(out).get(script.stem)
    if entry is None:
        return State.NONE
    try:
        if entry.get("redrawn"):
            return State.REDRAWN
        if entry["options"]:
            return State.OPTIONS
        if not is_up_to_date(entry, script, sources):
            return State.OLDER
        if not all(_is_whole(out / file, digest) for file, digest in entry["files"].items()):
            return State.DAMAGED
        return State.QUICK if entry["quick"] else State.COMPLETE
    except (KeyError, TypeError, AttributeError, SyntaxError):  # of an entry, of the script
        return State.OLDER


def _is_whole(file: Path, digest: str) -> bool:
    try:
        return digest_of(file.read_bytes()) == digest
    except FileNotFoundError:
        return file.suffix in NOT_COMMITTED
    except OSError:
        return False
