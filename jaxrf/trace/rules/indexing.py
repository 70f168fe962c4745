"""Slices at computed positions: exact where the position is known, else every possible one."""

from __future__ import annotations

import numpy as np

from jaxrf.graph import Read
from jaxrf.layers import IDENTITY, Window
from jaxrf.trace.rules.access import crop, laid
from jaxrf.trace.rules.registry import rule


@rule("dynamic_slice")
def dynamic_slice(eq, fold):
    """A crop where the start is known (JAX clamps it into range); else any of the crops."""
    shape, sizes = eq.in_shapes[0], eq.params["slice_sizes"]
    starts = [fold(n) for n in range(1, 1 + len(shape))]
    dims: list = []
    for d, (length, size, start) in enumerate(zip(shape, sizes, starts, strict=True)):
        if length == size:
            dims.append((d, IDENTITY))
        elif start is None:
            dims.append((d, Window(kernel=length - size + 1)))
        else:
            dims.append((d, crop(int(np.clip(start, 0, length - size)), size, length)))
    return (Read(tuple(dims)), *_starts(shape, sizes))


@rule("dynamic_update_slice")
def dynamic_update_slice(eq, fold):
    """The update at the start where that is known; else at any start, over what may stay."""
    shape, sizes = eq.in_shapes[:2]
    starts = [fold(n) for n in range(2, 2 + len(shape))]
    rank = len(shape)
    dims: list = []
    covered = within = np.ones((1,) * rank, bool)  # what every, and some, possible update covers
    for d, (length, size, start) in enumerate(zip(shape, sizes, starts, strict=True)):
        room, here = length - size, np.arange(length)
        if not room:
            dims.append((d, IDENTITY))
        elif start is None:
            dims.append((d, Window(kernel=room + 1, before=room, after=room)))
            covered = covered & laid((here >= room) & (here < size), d, rank)
        else:
            first = int(np.clip(start, 0, room))
            dims.append((d, Window(before=first, after=room - first)))
            inside = laid((here >= first) & (here < first + size), d, rank)
            covered, within = covered & inside, within & inside
    kept = Read(Read.elementwise(rank).dims, ~covered)
    return (kept, Read(tuple(dims)), *_starts(shape, sizes, within))


def _starts(shape, sizes, within: np.ndarray | None = None) -> list[Read | None]:
    """Where a slice starts decides all that it may be; one of full length has but one place."""
    anywhere = within is None or within.all()
    whole = Read((None,) * len(shape), None if anywhere else within)
    return [None if n == size else whole for n, size in zip(shape, sizes, strict=True)]
