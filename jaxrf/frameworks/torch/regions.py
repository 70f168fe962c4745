"""Regions of a forward pass that ``torch.export`` sets apart, and whose modules lose their names.

Checkpoints, switched-off gradients and automatic casts change nothing about what an output reads:
while :func:`regions_open` holds, they are part of the graph around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils import checkpoint

__all__ = ["regions_open"]


class _Open:
    """Stand-in for a reentrant checkpoint: it runs the function without a gradient of its own."""

    @staticmethod
    def apply(function: Any, preserve_rng_state: bool, *arguments: Any) -> Any:
        return function(*arguments)


@contextmanager
def regions_open(*, casts: bool) -> Iterator[None]:
    """While it is open, modules inside these regions are seen.

    Args:
        casts: also those inside ``torch.autocast``, which then casts nothing.
    """
    places: list[tuple[Any, str, Any]] = [(checkpoint, "CheckpointFunction", _Open)]
    if casts:
        places += [(torch.autocast, "__enter__", _entered), (torch.autocast, "__exit__", _left)]
    before = [getattr(owner, name) for owner, name, _ in places]
    try:
        for owner, name, value in places:
            setattr(owner, name, value)
        with torch.no_grad():  # to switch gradients off once more is then no region
            yield
    finally:
        for (owner, name, _), value in zip(places, before, strict=True):
            setattr(owner, name, value)


def _entered(self: Any) -> Any:
    return self


def _left(self: Any, *error: Any) -> bool:
    return False
