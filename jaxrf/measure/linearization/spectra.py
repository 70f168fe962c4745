"""Spectra in the positive linearisation, represented by the signals that they are transforms of.

A transform mixes everything, and its inverse undoes that, which averages would not. A spectrum
therefore keeps its signal in time. Operations that leave frequencies apart act on the signal, a
product of two spectra is the circular convolution of their signals, and everything else sees the
average over all frequencies (:func:`averaged`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import overload

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization.site import mean

__all__ = ["Bins", "Spectrum", "averaged", "averaged_along", "convolved", "mean_along"]


Bins = dict[int, tuple[int, str]]  # dimension -> (length of the transform, its name there)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A value of the frequency domain.

    Attributes:
        signal: that it is the transform of, along the dimensions in ``bins``.
        bins: the dimensions of frequencies.
        real: whether the model's own signal is certainly real.
    """

    signal: jax.Array
    bins: Bins
    real: bool

    @property
    def half(self) -> bool:
        """Whether only the frequencies of a real signal are kept."""
        return bool(self.halves)

    @property
    def halves(self) -> set[int]:
        """The dimensions along which only the frequencies of a real signal are kept."""
        return {d for d, (_, name) in self.bins.items() if name == "RFFT"}

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the spectrum itself, with as many bins as its transform keeps."""
        shape = list(self.signal.shape)
        for d, (n, name) in self.bins.items():
            shape[d] = n // 2 + 1 if name == "RFFT" else n
        return tuple(shape)


@overload
def averaged(operand: jax.Array | Spectrum) -> jax.Array: ...
@overload
def averaged(operand: None) -> None: ...
def averaged(operand: jax.Array | Spectrum | None) -> jax.Array | None:
    """A spectrum as an ordinary array, in which every frequency sees all of the signal."""
    if not isinstance(operand, Spectrum):
        return operand
    return jnp.broadcast_to(mean_along(operand.signal, operand.bins), operand.shape)


def averaged_along(x: Spectrum, dims: Collection[int]) -> jax.Array | Spectrum:
    """A spectrum whose frequencies see all of the signal along some dimensions.

    The spectrum of a real signal, of which half is kept, is averaged along all dimensions.
    """
    gone = {d: bins for d, bins in x.bins.items() if d in dims}
    left = {d: bins for d, bins in x.bins.items() if d not in dims}
    if not gone:
        return x
    if not left or any(name == "RFFT" for _, name in left.values()):
        return averaged(x)
    shape = [
        n if d in gone else m for d, (n, m) in enumerate(zip(x.shape, x.signal.shape, strict=True))
    ]
    return Spectrum(jnp.broadcast_to(mean_along(x.signal, gone), shape), left, False)


def mean_along(signal: jax.Array, dims) -> jax.Array:
    """The average over some dimensions, which keep length 1."""
    return jnp.mean(signal, tuple(dims), keepdims=True)


def convolved(signal: jax.Array, kernel: np.ndarray, dims) -> jax.Array:
    """The circular convolution with the positive part of a kernel, as an average over its taps.

    Args:
        signal: any array.
        kernel: array of the same rank; lengths 1 are broadcast.
        dims: dimensions that are convolved, in which both have the same length.
    """
    open_ = np.asarray(kernel) > 0
    others = tuple(d for d in range(open_.ndim) if d not in dims)
    taps = open_.any(others, keepdims=True)
    lines = {d: taps.any(tuple(e for e in dims if e != d), keepdims=True) for d in dims}
    box = np.ones((1,) * open_.ndim, bool)
    for line in lines.values():
        box = box & line
    if (open_ == box).all() or taps.sum() > _MOST:
        for d, line in lines.items():
            signal = _one_by_one(signal, line.ravel(), d)
        return signal
    total = jnp.zeros(np.broadcast_shapes(signal.shape, open_.shape), signal.dtype)
    for offset in zip(*np.nonzero(taps), strict=True):
        here = open_[tuple(slice(o, o + 1) if d in dims else slice(None)
                           for d, o in enumerate(offset))]  # fmt: skip
        total += jnp.roll(signal, [offset[d] for d in dims], dims) * here
    return total / taps.sum()


_MOST = 1024  # taps that are summed up one by one, where they differ between channels


def _one_by_one(signal: jax.Array, taps: np.ndarray, dim: int) -> jax.Array:
    """The average over all taps, in a few steps of doubling length for every run of taps."""
    some = np.flatnonzero(taps)
    runs = np.split(some, np.flatnonzero(np.diff(some) > 1) + 1) if len(some) else []
    parts = []
    for run in runs:
        part, covered = signal, 1
        while covered < len(run):
            step = min(covered, len(run) - covered)
            part, covered = (part + jnp.roll(part, step, dim)) / 2, covered + step
        parts.append(jnp.roll(part, int(run[0]), dim))
    return mean(parts, signal.shape) if parts else jnp.zeros_like(signal)
