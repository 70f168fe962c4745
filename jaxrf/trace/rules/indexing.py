"""Slices at computed positions: exact where the position is known, else every possible one."""

from __future__ import annotations

import numpy as np

from jaxrf.graph import Read
from jaxrf.layers import IDENTITY, Window
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
            first = int(np.clip(start, 0, length - size))
            dims.append((d, Window(before=-first, after=first + size - length)))
    return (Read(tuple(dims)), *(Read.everything(len(shape)) for _ in starts))
