"""Fourier transforms along axes, and short ones along a signal and back."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.torch.ops.registry import op


def _register_one(name: str) -> None:
    transform = getattr(jnp.fft, name)
    op(f"fft_{name}")(lambda x, n=None, dim=-1, norm=None: transform(x, n, dim, norm))


def _register_several(name: str) -> None:
    """Over two axes, or over any number of them."""
    transform = getattr(jnp.fft, f"{name}n")

    def several(x, s=None, dim=None, norm=None):
        return transform(x, s, _axes(x, s, dim), norm)

    op(f"fft_{name}n")(several)
    op(f"fft_{name}2")(lambda x, s=None, dim=(-2, -1), norm=None: several(x, s, dim, norm))


def _axes(x, s, dim) -> tuple[int, ...]:
    """Those named, the last ones that there are lengths for, or all."""
    if dim is not None:
        return tuple(dim)
    return tuple(range(-len(s), 0)) if s is not None else tuple(range(x.ndim))


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    _register_one(_name)
for _name in ("fft", "ifft", "rfft", "irfft"):
    _register_several(_name)


@op("fft_fftshift")
def fftshift(x, dim=None):
    """The zero frequency in the middle."""
    return jnp.fft.fftshift(x, None if dim is None else tuple(dim))


@op("fft_ifftshift")
def ifftshift(x, dim=None):
    """The zero frequency at the beginning."""
    return jnp.fft.ifftshift(x, None if dim is None else tuple(dim))


# As programs say it that were exported with all operations decomposed: the scale by number.
_SCALES = (lambda n: 1.0, lambda n: n**-0.5, lambda n: 1.0 / n)


@op("_fft_c2c")
def c2c(x, dim, normalization, forward):
    """Complex to complex, with a scale of 1, 1 / sqrt(n) or 1 / n."""
    size = prod(x.shape[d] for d in dim)
    y = jnp.fft.fftn(x, axes=dim) if forward else jnp.fft.ifftn(x, axes=dim) * size
    return y * _SCALES[normalization](size)


@op("_fft_r2c")
def r2c(x, dim, normalization, onesided):
    """Real to complex, of the last named axis half the frequencies or all."""
    y = jnp.fft.rfftn(x, axes=dim) if onesided else jnp.fft.fftn(x, axes=dim)
    return y * _SCALES[normalization](prod(x.shape[d] for d in dim))


@op("_fft_c2r")
def c2r(x, dim, normalization, last_dim_size):
    """The real inverse transform of half the frequencies."""
    lengths = [*(x.shape[d] for d in dim[:-1]), last_dim_size]
    y = jnp.fft.irfftn(x, lengths, axes=dim)
    return y * (prod(lengths) * _SCALES[normalization](prod(lengths)))


@dataclass(frozen=True, eq=False)
class _Frames:
    """The division of a signal into windowed frames.

    Attributes:
        size: of a frame, and of its transform.
        hop: samples from one frame to the next.
        length: of the window, which lies in the middle of a frame.
        window: its values, None for ones.
        norm: of the transform, as ``jnp.fft`` has it.
    """

    size: int
    hop: int
    length: int
    window: Any
    norm: str | None

    def places(self, count: int) -> np.ndarray:
        """Sample of every element of every frame, [count, size]."""
        return np.arange(count)[:, None] * self.hop + np.arange(self.size)

    def weights(self, dtype) -> jax.Array:
        """The factors of the elements of a frame."""
        values = jnp.ones(self.length, dtype) if self.window is None else self.window
        before = (self.size - self.length) // 2
        return jnp.pad(values, (before, self.size - self.length - before))


def _frames(n_fft, hop_length, win_length, window, normalized) -> _Frames:
    """Make the frames from parameters that a transform and its inverse share."""
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    return _Frames(n_fft, hop, length, window, "ortho" if normalized else None)


@op("stft")
def stft(
    x,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    normalized=False,
    onesided=None,
    return_complex=None,
    align_to_window=None,
):
    """Spectra [..., frequency, frame] of windowed frames every ``hop_length`` samples."""
    frames = _frames(n_fft, hop_length, win_length, window, normalized)
    cut = x[..., frames.places((x.shape[-1] - n_fft) // frames.hop + 1)]
    if window is not None or frames.length != n_fft:
        cut = cut * frames.weights(x.real.dtype)
    half = not jnp.iscomplexobj(cut) if onesided is None else onesided
    spectrum = (jnp.fft.rfft if half else jnp.fft.fft)(cut, norm=frames.norm)
    spectrum = jnp.swapaxes(spectrum, -1, -2)
    if return_complex is False:
        return jnp.stack([spectrum.real, spectrum.imag], -1)
    return spectrum


@op("istft")
def istft(
    x,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    normalized=False,
    onesided=None,
    length=None,
    return_complex=False,
):
    """The signal of spectra [..., frequency, frame]: frames are added up, over their windows."""
    if return_complex or not jnp.iscomplexobj(x):
        return NotImplemented
    frames = _frames(n_fft, hop_length, win_length, window, normalized)
    half = x.shape[-2] != n_fft if onesided is None else onesided
    spectra = jnp.swapaxes(x, -1, -2)
    if half:
        pieces = jnp.fft.irfft(spectra, n_fft, norm=frames.norm)
    else:
        pieces = jnp.fft.ifft(spectra, norm=frames.norm).real
    weights = frames.weights(pieces.dtype)
    places = frames.places(pieces.shape[-2])
    end = int(places[-1, -1]) + 1

    def added(values):
        empty = jnp.zeros((*values.shape[:-2], end), values.dtype)
        return empty.at[..., places].add(values)

    envelope = added(jnp.broadcast_to(weights**2, places.shape))
    first = n_fft // 2 if center else 0
    last = end - first if length is None else min(first + length, end)
    signal = added(pieces * weights)[..., first:last] / envelope[first:last]
    missing = 0 if length is None else length - (last - first)
    return jnp.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(0, missing)])
