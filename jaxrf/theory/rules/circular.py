"""Circular convolution along one dimension in the words of the graph.

``y[t] = sum over j of k[j] x[(t - j) mod n]``: a product of two spectra. Where what would come
round is zero padding, and it is meant to be, nothing comes round: the convolution is a window.
Else the ends of the operand are laid around it first, as models pad circularly.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jaxrf.geometry.words import AnyOf, Groups, Read, Taps, Window
from jaxrf.theory.rules.read_builders import along
from jaxrf.theory.rules.site import Ring, Step

__all__ = ["circular_steps", "time_reversed"]

_FEW = 16  # taps of one step: long windows are composed of short, dilated ones
_MOST_RUNS = 1024  # of taps with holes between them, beyond which they count as without


def circular_steps(
    shape: tuple[int, ...], dim: int, taps: np.ndarray, live: np.ndarray
) -> list[Step]:
    """The steps from an operand to its circular convolution along ``dim``, of the same shape.

    Args:
        shape: of the operand.
        dim: along which it is convolved.
        taps: bool [n], where the kernel may differ from zero; somewhere.
        live: bool [n], where the operand may differ from zero along ``dim``.
    """
    rank, n = len(shape), shape[dim]
    if taps.all():
        return [(along(rank, {dim: Groups()}), shape)] if n > 1 else []
    low, high, before, after = min(
        _laid_out(taps, live), key=lambda c: (c[2] + c[3], abs(c[0] + c[1]))
    )
    if low == high == 0:
        return []
    steps: list[Step] = []
    if before or after:
        shape = (*shape[:dim], before + n + after, *shape[dim + 1 :])
        steps.append((Ring(dim, before, after), shape))
    offsets = np.arange(low, high + 1)
    here = taps[offsets % n]
    steps += _windows(shape, dim, offsets[here], before, after)
    return steps


def _laid_out(taps: np.ndarray, live: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """(lowest offset, highest, elements to lay before, and after): the ways to unroll the taps."""
    n = len(taps)
    some = np.flatnonzero(taps)
    gaps = np.diff(some, append=some[0] + n)
    first = some[(np.argmax(gaps) + 1) % len(some)]
    width = n - int(gaps.max())
    for low in (int(first), int(first) - n):
        high = low + width
        if -n < low and high < n:
            before, after = max(0, high), max(0, -low)
            yield (
                low,
                high,
                before if live[n - before :].any() else 0,
                after if live[:after].any() else 0,
            )


def _windows(
    shape: tuple[int, ...], dim: int, offsets: np.ndarray, before: int, after: int
) -> list[Step]:
    """Taps at ``offsets`` of an operand that has ``before`` and ``after`` elements around it."""
    rank, low, high = len(shape), int(offsets[0]), int(offsets[-1])
    end = (*shape[:dim], shape[dim] - before - after, *shape[dim + 1 :])
    padding = high - before, -low - after
    if len(offsets) > high - low:
        return _composed(shape, dim, high - low + 1, *padding)
    apart = np.diff(offsets)
    if (apart == apart[0]).all():
        window = Window(len(offsets), 1, *padding, int(apart[0]))
        return [(along(rank, {dim: window}), end)]
    runs = np.split(offsets, np.flatnonzero(apart > 1) + 1)
    if len(runs) > _MOST_RUNS:
        return _composed(shape, dim, high - low + 1, *padding)
    reads = [Window(len(run), 1, int(run[-1]) - before, -int(run[0]) - after) for run in runs]
    return [(AnyOf(tuple(along(rank, {dim: window}) for window in reads)), end)]


def _composed(shape: tuple[int, ...], dim: int, kernel: int, before: int, after: int) -> list[Step]:
    """A window of many taps as a few of dilated windows, all padding in the first."""
    rank, length, covered = len(shape), shape[dim], 1
    steps: list[Step] = []
    while covered < kernel:
        taps, dilation = min(_FEW, kernel // covered), covered
        if taps == 1:  # what is left is less than what is covered
            taps, dilation = 2, kernel - covered
        padding = (before, after) if not steps else (0, 0)
        window = Window(taps, 1, *padding, dilation)
        length = window.output_length(length)
        shape = (*shape[:dim], length, *shape[dim + 1 :])
        steps.append((along(rank, {dim: window}), shape))
        covered += (taps - 1) * dilation
    if not steps:  # a single tap that is elsewhere
        steps.append((along(rank, {dim: Window(1, 1, before, after)}), shape))
    return steps


def time_reversed(rank: int, dims: dict[int, int]) -> Read:
    """Output t reads (-t) mod n along each dimension, of length n: the conjugate of a spectrum."""
    return along(rank, {d: Taps((-np.arange(n) % n)[:, None]) for d, n in dims.items()})
