"""Fourier transforms along axes, and short ones along a signal and back."""

from __future__ import annotations

from math import prod

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
    """Back from half the frequencies."""
    lengths = [*(x.shape[d] for d in dim[:-1]), last_dim_size]
    y = jnp.fft.irfftn(x, lengths, axes=dim)
    return y * (prod(lengths) * _SCALES[normalization](prod(lengths)))


def _window(window, length: int | None, n: int, dtype):
    """The window, or ones of its length, in the middle of a frame."""
    length = n if length is None else length
    values = jnp.ones(length, dtype) if window is None else window
    before = (n - length) // 2
    return jnp.pad(values, (before, n - length - before))


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
    hop = n_fft // 4 if hop_length is None else hop_length
    frames = (x.shape[-1] - n_fft) // hop + 1
    cut = x[..., np.arange(frames)[:, None] * hop + np.arange(n_fft)]
    if window is not None or win_length not in (None, n_fft):
        cut = cut * _window(window, win_length, n_fft, x.real.dtype)
    half = not jnp.iscomplexobj(cut) if onesided is None else onesided
    spectrum = (jnp.fft.rfft if half else jnp.fft.fft)(cut, norm="ortho" if normalized else None)
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
    hop = n_fft // 4 if hop_length is None else hop_length
    half = x.shape[-2] != n_fft if onesided is None else onesided
    if return_complex or not jnp.iscomplexobj(x):
        return NotImplemented
    scale = "ortho" if normalized else None
    spectra = jnp.swapaxes(x, -1, -2)
    if half:
        frames = jnp.fft.irfft(spectra, n_fft, norm=scale)
    else:
        frames = jnp.fft.ifft(spectra, norm=scale).real
    weights = _window(window, win_length, n_fft, frames.dtype)
    places = np.arange(frames.shape[-2])[:, None] * hop + np.arange(n_fft)
    end = int(places[-1, -1]) + 1

    def added(values):
        empty = jnp.zeros((*values.shape[:-2], end), values.dtype)
        return empty.at[..., places].add(values)

    envelope = added(jnp.broadcast_to(weights**2, places.shape))
    first = n_fft // 2 if center else 0
    last = end - first if length is None else min(first + length, end)
    signal = added(frames * weights)[..., first:last] / envelope[first:last]
    missing = 0 if length is None else length - (last - first)
    return jnp.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(0, missing)])
