"""Whether a model compared a free length in a way that JAX cannot decide.

A symbolic length is "not equal" to anything that it is not *always* equal to, and true as a
condition: ``if n % 2: pad`` takes one branch for every n, without a word. A trace in which the
model did that says nothing about the lengths for which the answer is the other one. So equality
and truth of lengths are watched while a model is traced. (``<`` and ``>=`` raise by themselves.)

Code of JAX itself takes "not known to be equal" as what it is, and is not watched.

JAX's expressions can also grow without bounds (VALID and SAME strides of 3 in turn): what it does
with them is counted, and given up beyond :data:`MOST_STEPS`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from types import FrameType
from typing import Any

__all__ = ["TooComplex", "watched"]

MOST_STEPS = 40_000  # subtractions of lengths in one trace; ResNet-50 needs 3,400

_LOCK = threading.RLock()


class TooComplex(Exception):
    """Expressions of the length have become too large to compute with."""


@contextmanager
def watched(kind: type) -> Iterator[list[str]]:
    """Collects file:line of every undecided comparison of lengths made outside JAX.

    Args:
        kind: the type of symbolic lengths.

    Raises:
        TooComplex: inside the trace, in place of minutes of computing with lengths.
    """
    found: list[str] = []
    equal: Callable[[Any, Any], bool] = getattr(kind, "__eq__")  # noqa: B009
    different: Callable[[Any, Any], bool] = getattr(kind, "__ne__")  # noqa: B009
    minus: Callable[[Any, Any], Any] = getattr(kind, "__sub__")  # noqa: B009
    steps = count()
    truth = kind.__dict__.get("__bool__")

    def note(frame: FrameType, a: Any, b: Any) -> None:
        """JAX compares lengths all the time, also to decide a comparison: its own come first."""
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in ("jax", "jaxlib") and not _differ(a, b):
            found.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")

    def watched_equal(self: Any, other: Any) -> Any:
        result = equal(self, other)
        if not result:
            note(sys._getframe(1), self, other)
        return result

    def watched_different(self: Any, other: Any) -> Any:
        result = different(self, other)
        if result:
            note(sys._getframe(1), self, other)
        return result

    def watched_truth(self: Any) -> Any:
        note(sys._getframe(1), self, 0)
        return True if truth is None else truth(self)

    def counted_minus(self: Any, other: Any) -> Any:
        if next(steps) > MOST_STEPS:
            raise TooComplex("expressions of the length grow too large")
        return minus(self, other)

    with _LOCK:  # one trace at a time: the type is shared
        patched = {
            "__eq__": watched_equal,
            "__ne__": watched_different,
            "__bool__": watched_truth,
            "__sub__": counted_minus,
        }
        before = {"__eq__": equal, "__ne__": different, "__sub__": minus}
        try:
            for name, function in patched.items():
                setattr(kind, name, function)
            yield found
        finally:
            for name, function in before.items():
                setattr(kind, name, function)
            if truth is None:
                delattr(kind, "__bool__")
            else:
                setattr(kind, "__bool__", truth)  # noqa: B010


def _differ(a: Any, b: Any) -> bool:
    """Whether they are never equal, as far as JAX can tell."""
    try:
        return bool(a > b) or bool(a < b)
    except Exception:  # inconclusive, or not a length at all
        return not isinstance(b, (int, type(a)))
