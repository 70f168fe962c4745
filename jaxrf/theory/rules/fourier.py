"""Fourier transforms: all to all, but for convolutions that are computed through spectra.

``irfft(rfft(x, n) * rfft(k, n), n)`` is the circular convolution of x and k (S4, Hyena, reverbs,
``fftconvolve``), and a plain one where x and k are padded with enough zeros. An inverse transform
looks back through the program: a spectrum that is reached through linear steps that leave its
frequencies apart is read in time, before its own transform, and every product with another spectrum
on the way is a convolution with what that one is in time (:mod:`jaxrf.theory.rules.filters`). What
cannot be followed is read as a spectrum, all to all.
"""

from __future__ import annotations

import numpy as np

from jaxrf.geometry.words import IDENTITY, OperandRead, Read
from jaxrf.theory.rules.site import THEORY, Elsewhere, Site, Step, Steps
from jaxrf.theory.rules.spectra import half, opened
from jaxrf.theory.rules.spectral_walks import TooMany, Walk

__all__: list[str] = []

_DEPTH = 100  # equations followed back from an inverse transform


@THEORY.rule("fft")
def fft(site: Site):
    """All to all over the transformed dimensions, the last ones; convolutions are what they are."""
    rank = len(site.out_shapes[0])
    kept = rank - len(site.params["fft_lengths"])
    plain = (Read(tuple((d, IDENTITY) if d < kept else None for d in range(rank))),)
    lengths = (*site.params["fft_lengths"], *site.in_shapes[0], *site.out_shapes[0])
    if not all(isinstance(n, int | np.integer) for n in lengths):
        return plain  # symbolic
    pending = opened(site.equation, (None,) * rank)
    if pending is None or not any(pending):
        return plain
    walk = Walk(site.program, real=half(pending))
    try:
        paths = walk.paths(site.equation.inputs[0], pending, _DEPTH)
    except TooMany:
        return plain
    if not any(path.followed for path in paths):
        return plain
    numbers = tuple(path.number for path in paths)
    reads = tuple(_read(path.steps, rank) for path in paths)
    return Elsewhere(numbers, reads, tuple(walk.through), exact=not walk.vanishes)


def _read(steps: tuple[Step, ...], rank: int) -> OperandRead | Steps:
    if not steps:
        return Read.elementwise(rank)
    dependence = steps[0][0]
    return dependence if len(steps) == 1 and isinstance(dependence, OperandRead) else Steps(steps)
