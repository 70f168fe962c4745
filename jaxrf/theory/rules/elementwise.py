"""Elementwise primitives: output index i reads index i of every operand, predicates included."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from jaxrf.geometry.words import IDENTITY, Read
from jaxrf.program import primitives
from jaxrf.theory.rules.site import THEORY, Site


@lru_cache(maxsize=4096)
def broadcast_read(operand: tuple[int, ...], output: tuple[int, ...]) -> Read:
    """Elementwise with broadcasting: size-1 dimensions and scalars spread over the output."""
    if len(operand) != len(output):
        return Read.everything(len(output))
    return Read(
        tuple(
            (d, IDENTITY) if n == m else None
            for d, (n, m) in enumerate(zip(operand, output, strict=True))
        )
    )


@THEORY.rule(*primitives.elementwise())
def elementwise(site: Site):
    """Scalars and size-1 dimensions are spread; what one operand decides alone reads no other."""
    reads = [broadcast_read(shape, site.out_shapes[0]) for shape in site.in_shapes]
    result = site.result() if len(reads) > 1 else None
    if result is None:
        return tuple(reads)
    for n, read in enumerate(reads):
        part = site.partial_constant(n)
        blocked = result.mask if part is None else result.mask & ~_ranked(part.mask, result.mask)
        if blocked.any():
            reads[n] = Read(read.dims, ~blocked)
    return tuple(reads)


def _ranked(mask: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The mask of a scalar beside an array."""
    return mask if mask.ndim == like.ndim else mask.reshape((1,) * like.ndim)


@THEORY.rule("select_n")
def select(site: Site):
    """Elementwise, predicate included; where that is known, the chosen case alone."""
    shape = site.out_shapes[0]
    reads = [broadcast_read(operand, shape) for operand in site.in_shapes]
    which, known = site.fold(0), np.ones((1,) * len(site.in_shapes[0]), bool)
    if which is None:
        part = site.partial_constant(0)
        if part is None:
            return elementwise(site)
        which, known = part.values, part.mask
    if not site.in_shapes[0]:
        which, known = (array.reshape((1,) * len(shape)) for array in (which, known))
    cases = len(site.in_shapes) - 1
    chosen = np.clip(which.astype(np.int64), 0, cases - 1)  # clamped by XLA
    open_ = [~known | (chosen == n) for n in range(cases)]
    parts = [
        None if not here.any() else read if here.all() else Read(read.dims, here)
        for here, read in zip(open_, reads[1:], strict=True)
    ]
    return (None if known.all() else Read(reads[0].dims, ~known), *parts)


@THEORY.rule("optimization_barrier", "device_put")
def optimization_barrier(site: Site):
    """Output n is operand n."""
    reads = []
    for n, shape in enumerate(site.out_shapes):
        reads.append(
            tuple(
                Read.elementwise(len(shape)) if i == n else None for i in range(len(site.in_shapes))
            )
        )
    return reads
