"""Fourier transforms, which make spectra of signals, and signals of spectra."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp

from jaxrf.measure.linearization.realness import is_real
from jaxrf.measure.linearization.site import LINEAR, Site, average
from jaxrf.measure.linearization.spectra import Bins, Spectrum, averaged_along, mean_along
from jaxrf.measure.linearization.spectral_site import SPECTRA, Result, SpectralSite

# Transform -> the transforms that it inverts, along the last of its dimensions and the others.
_BACK = {"IFFT": ("FFT", "FFT"), "IRFFT": ("RFFT", "FFT"), "FFT": ("IFFT", "IFFT")}
_FORTH = {"FFT": ("FFT", "FFT"), "RFFT": ("RFFT", "FFT"), "IFFT": ("IFFT", "IFFT")}


@LINEAR.rule("fft")
def fourier(site: Site):
    """Every output sees everything along the transformed dimensions, which are the last ones."""
    (x,), lengths = site.operands, site.params["fft_lengths"]
    dims = tuple(range(x.ndim - len(lengths), x.ndim))
    return [average([jnp.mean(x, dims, keepdims=True)], site.out_shapes[0])]


@SPECTRA.rule("fft")
def transform(site: SpectralSite) -> Result:
    """A transform makes a spectrum of a signal, or a signal of a spectrum."""
    (x,), p = site.operands, site.params
    lengths, name = p["fft_lengths"], p["fft_type"].name
    rank = len(site.out_shapes[0])
    dims = list(range(rank - len(lengths), rank))
    bins = x.bins if isinstance(x, Spectrum) else {}
    if isinstance(x, Spectrum) and name in _BACK and not bins.keys().isdisjoint(dims):
        return _back(x, dims, _bins(dims, lengths, _BACK[name]), name)
    if name not in _FORTH or not bins.keys().isdisjoint(dims):
        return None
    bins = {**bins, **_bins(dims, lengths, _FORTH[name])}
    if isinstance(x, Spectrum):
        return [Spectrum(x.signal, bins, x.real)]
    if x is None:
        return None
    return [Spectrum(x, bins, is_real(site.program, site.equation.inputs[0]))]


def _back(x: Spectrum, dims: list[int], wanted: Bins, name: str) -> Result:
    """The signal along dimensions whose transforms match, averages along the others."""
    y = averaged_along(x, [d for d in dims if x.bins.get(d, wanted[d]) != wanted[d]])
    if not isinstance(y, Spectrum):
        return None
    plain = [d for d in dims if d not in y.bins]
    others = {d: b for d, b in y.bins.items() if d not in dims}
    if (plain and y.half) or (name == "IRFFT" and (plain or others)):
        return None
    if plain:
        signal = mean_along(y.signal, plain)
        shape = [wanted[d][0] if d in plain else n for d, n in enumerate(y.signal.shape)]
        y = replace(y, signal=jnp.broadcast_to(signal, shape), real=False)
    return [replace(y, bins=others) if others else y.signal]


def _bins(dims, lengths, names) -> Bins:
    last = dims[-1]
    return {d: (int(n), names[0 if d == last else 1]) for d, n in zip(dims, lengths, strict=True)}
