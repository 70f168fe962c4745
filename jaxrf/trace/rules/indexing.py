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
    return (Read(tuple(dims)), *(Read.everything(len(shape)) for _ in starts))


@rule("dynamic_update_slice")
def dynamic_update_slice(eq, fold):
    """The update at the start where that is known; else at any start, over what may stay."""
    shape, sizes = eq.in_shapes[:2]
    starts = [fold(n) for n in range(2, 2 + len(shape))]
    rank = len(shape)
    dims: list = []
    covered = np.ones((1,) * rank, bool)
    for d, (length, size, start) in enumerate(zip(shape, sizes, starts, strict=True)):
        room = length - size
        if not room:
            dims.append((d, IDENTITY))
        elif start is None:
            dims.append((d, Window(kernel=room + 1, before=room, after=room)))
            here = np.arange(length)  # indices that every possible update covers
            inside = (here >= room) & (here < size)
            covered = covered & laid(inside, d, rank)
        else:
            first = int(np.clip(start, 0, room))
            dims.append((d, Window(before=first, after=room - first)))
            here = np.arange(length)
            inside = (here >= first) & (here < first + size)
            covered = covered & laid(inside, d, rank)
    kept = Read(Read.elementwise(rank).dims, ~covered)
    whole = [Read.everything(rank) if start is None else None for start in starts]
    return (kept, Read(tuple(dims)), *whole)
