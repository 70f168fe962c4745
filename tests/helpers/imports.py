"""Imports of a user's files, undone after a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

__all__ = ["undone"]


@contextmanager
def undone(*names: str) -> Iterator[None]:
    """Within it, files may be imported; ``sys.path`` and what is new of ``names`` go afterwards.

    Args:
        names: top-level modules that the files are, or packages that hold them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", sys.path[:])
        before = set(sys.modules)
        try:
            yield
        finally:
            for name in set(sys.modules) - before:
                if name.partition(".")[0] in names:
                    del sys.modules[name]
