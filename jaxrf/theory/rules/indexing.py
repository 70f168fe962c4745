"""Slices at computed positions: exact where the position is known, else every possible one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jaxrf.geometry.words import IDENTITY, Read, Window
from jaxrf.theory.rules.read_builders import line_along
from jaxrf.theory.rules.site import THEORY, Site


@THEORY.rule("dynamic_slice")
def dynamic_slice(site: Site):
    """A crop where the start is known (JAX clamps it into range); else any of the crops."""
    shape, sizes = site.in_shapes[0], site.params["slice_sizes"]
    dims: list = []
    for d, (length, size) in enumerate(zip(shape, sizes, strict=True)):
        if length == size:
            dims.append((d, IDENTITY))
            continue
        first, last = _between(site.candidates(1 + d), length - size)
        dims.append((d, Window(last - first + 1, before=-first, after=last + size - length)))
    return (Read(tuple(dims)), *_starts(shape, sizes))


@THEORY.rule("dynamic_update_slice")
def dynamic_update_slice(site: Site):
    """The update at the start where that is known; else at any start, over what may stay."""
    shape, sizes = site.in_shapes[:2]
    rank = len(shape)
    dims: list = []
    covered = within = np.ones((1,) * rank, bool)  # what every, and some, possible update covers
    for d, (length, size) in enumerate(zip(shape, sizes, strict=True)):
        room, here = length - size, np.arange(length)
        if not room:
            dims.append((d, IDENTITY))
            continue
        first, last = _between(site.candidates(2 + d), room)
        dims.append((d, Window(last - first + 1, before=last, after=room - first)))
        covered = covered & line_along((here >= last) & (here < first + size), d, rank)
        within = within & line_along((here >= first) & (here < last + size), d, rank)
    kept = Read(Read.elementwise(rank).dims, ~covered)
    return (kept, Read(tuple(dims)), *_starts(shape, sizes, within))


def _starts(shape, sizes, within: np.ndarray | None = None) -> list[Read | None]:
    """The read of the start indices, on which the slice depends unless it has full length."""
    anywhere = within is None or within.all()
    whole = Read((None,) * len(shape), None if anywhere else within)
    return [None if n == size else whole for n, size in zip(shape, sizes, strict=True)]


def _between(candidates: Sequence[np.ndarray], room: int) -> tuple[int, int]:
    """The first and the last place where a slice may start; anywhere where nothing says it."""
    starts = [int(np.clip(start, 0, room)) for start in candidates] or [0, room]
    return min(starts), max(starts)
