"""Sums and products of spectra: sums and circular convolutions of their signals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import prod

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.measure.linearization.realness import is_even, is_real
from jaxrf.measure.linearization.site import mean
from jaxrf.measure.linearization.spectra import (
    Bins,
    Spectrum,
    averaged_along,
    convolved,
    mean_along,
)
from jaxrf.measure.linearization.spectral_site import SPECTRA, Result, SpectralSite, alike
from jaxrf.program.equation import Equation

_ROUNDING = 1e-5  # of the largest tap; known factors have the model's own precision


@SPECTRA.rule("add", "sub", "add_any")
def total(site: SpectralSite) -> Result:
    """A sum of spectra has the average of their signals."""
    spectra, shape = alike(site.operands), site.out_shapes[0]
    if spectra is None:
        return None
    bins, parts, real = spectra[0].bins, [], True
    for n, x in enumerate(site.operands):
        if isinstance(x, Spectrum) and site.in_shapes[n] != shape:
            return None
        real = real and (x.real if isinstance(x, Spectrum) else _is_real(site, n))
        if x is not None:
            parts.append(x.signal if isinstance(x, Spectrum) else _in_time(site, n, x, bins))
    return [Spectrum(mean(parts, _lengths(shape, bins)), bins, real)]


def _in_time(site: SpectralSite, n: int, x: jax.Array, bins: Bins) -> jax.Array:
    """The signal of an operand that is an array: at time 0 only, where all frequencies share it."""
    shape = site.out_shapes[0]
    if len(site.in_shapes[n]) != len(shape):
        x = jnp.broadcast_to(x, (1,) * len(shape))
    signal = jnp.broadcast_to(mean_along(x, bins), _lengths(shape, bins))
    for d in bins.keys() - _uneven(site, n, bins):
        start = np.arange(bins[d][0]) == 0
        signal = signal * start.reshape([-1 if e == d else 1 for e in range(len(shape))])
    return signal


def _lengths(shape: Sequence[int], bins: Bins) -> list[int]:
    """The shape of the signal of a spectrum."""
    return [bins[d][0] if d in bins else n for d, n in enumerate(shape)]


def _is_real(site: SpectralSite, n: int) -> bool:
    """Whether the signal of operand ``n`` is real."""
    other = site.nonzero_pattern(n)
    if isinstance(other, Spectrum):
        return other.real
    return is_real(site.program, site.equation.inputs[n])


def _uneven(site: SpectralSite, n: int, bins: Bins) -> set[int]:
    """The dimensions along which operand ``n`` may differ between frequencies."""
    number, rank = site.equation.inputs[n], len(site.out_shapes[0])
    if len(site.in_shapes[n]) != rank:
        return set()
    factor = site.spectrum(n)
    if factor is not None and factor.bins == bins:  # of a single tap at time 0
        taps = np.argwhere(np.asarray(factor.signal) > 0)
        return {d for d in bins if taps[:, d].any()}
    return {d for d in bins if not is_even(site.program, number, d)}


@SPECTRA.rule("mul")
def product(site: SpectralSite) -> Result:
    """A product convolves the signals; a factor that all frequencies share only scales."""
    parts, shape = [], site.out_shapes[0]
    for n, x in enumerate(site.operands):
        if x is None:
            continue
        if isinstance(x, Spectrum):
            if any(site.in_shapes[n][d] != shape[d] for d in x.bins):
                return None  # it is spread over other frequencies
            parts.append(_times(site, x, 1 - n))
        else:
            if (other := site.spectrum(1 - n)) is None:
                return None
            parts.append(_scaled(site, n, x, other))
    bins = parts[0].bins
    if any(part.bins != bins for part in parts):
        return None
    signal = mean([part.signal for part in parts], _lengths(shape, bins))
    return [Spectrum(signal, bins, all(part.real for part in parts))]


def _scaled(site: SpectralSite, n: int, x: jax.Array, other: Spectrum) -> Spectrum:
    """The signal of a product by a factor that is an array: seen where the other may be nonzero."""
    bins, real = other.bins, other.real and is_real(site.program, site.equation.inputs[n])
    x = mean_along(x, bins) if x.ndim == other.signal.ndim else x
    mixed = _uneven(site, n, bins) | (set() if real else other.halves)
    open_ = np.asarray(other.signal) > 0
    if mixed:
        open_ = np.broadcast_to(open_.any(tuple(mixed), keepdims=True), open_.shape)
    return Spectrum(x * open_, bins, real and not mixed)


def _times(site: SpectralSite, x: Spectrum, n: int) -> Spectrum:
    number, rank = site.equation.inputs[n], len(site.out_shapes[0])
    factor = site.spectrum(n, x.bins)
    if factor is not None and factor.bins == x.bins:
        if not factor.real:
            x = _mixed(x, x.halves)
        signal = convolved(x.signal, np.asarray(factor.signal), tuple(x.bins))
        return replace(x, signal=signal, real=x.real and factor.real)
    real, uneven = is_real(site.program, number), _uneven(site, n, x.bins)
    if not uneven:
        open_ = site.nonzero(n) if len(site.in_shapes[n]) == rank else None
        if open_ is not None:  # a mask along the other dimensions
            mask = np.asarray(open_.any(tuple(x.bins), keepdims=True))
            x = replace(x, signal=x.signal * jnp.asarray(mask, x.signal.dtype))
        return replace(x, real=x.real) if real else _mixed(x, x.halves)
    known = site.fold(n)
    if known is None or (x.half and not x.real):
        return _mixed(x, uneven | (set() if real else x.halves))
    taps = _taps(np.broadcast_to(known, x.shape), x.bins)
    return replace(x, signal=convolved(x.signal, taps, tuple(x.bins)), real=False)


@SPECTRA.rule("div")
def quotient(site: SpectralSite) -> Result:
    """A quotient by a number, as transforms are scaled; any other divisor has every tap."""
    x, shape = site.first, site.out_shapes[0]
    if x is None or site.operands[1] is not None or site.in_shapes[0] != shape:
        return None
    real = is_real(site.program, site.equation.inputs[1])
    if _uneven(site, 1, x.bins):
        return [_mixed(x, x.bins)]
    return [x if real else _mixed(x, x.halves)]


def _mixed(x: Spectrum, dims: Collection[int]) -> Spectrum:
    """A spectrum behind an unknown filter, which has every tap along ``dims``."""
    signal = jnp.broadcast_to(mean_along(x.signal, dims), x.signal.shape)
    return replace(x, signal=signal, real=False)


def _taps(known: np.ndarray, bins: dict[int, tuple[int, str]]) -> np.ndarray:
    """The filter of a known factor: 1 where a tap is more than rounding, else 0."""
    values = np.asarray(known, complex)
    for d, (_, name) in bins.items():
        if name != "RFFT":
            values = (np.fft.fft if name == "IFFT" else np.fft.ifft)(values, axis=d)
    for d, (n, name) in bins.items():
        if name == "RFFT":  # the signal is real: of the ends, their imaginary part is lost
            values = np.fft.irfft(values, n, axis=d)
    size = np.abs(values)
    return (size > _ROUNDING * size.max()).astype(float)


@SPECTRA.rule("dot_general")
def dot(site: SpectralSite) -> Result:
    """Channels are mixed by positive weights, which frequencies share or have of their own."""
    contracting, _ = site.params["dimension_numbers"]
    parts = []
    for side, x in enumerate(site.operands):
        if x is None:
            continue
        x = averaged_along(x, contracting[side]) if isinstance(x, Spectrum) else x
        if isinstance(x, Spectrum):
            parts.append(_channels(site, side, x))
            continue
        rank = len(site.in_shapes[1 - side])
        left = [d for d in range(rank) if d not in contracting[1 - side]]
        if (other := site.spectrum(1 - side, left)) is None:
            return None
        parts.append(_mixing(site, side, x, other))
    if any(part.bins != parts[0].bins for part in parts):
        return None
    signal = mean([part.signal for part in parts], parts[0].signal.shape)
    return [replace(parts[0], signal=signal, real=all(part.real for part in parts))]


def _channels(site: SpectralSite, side: int, x: Spectrum) -> Spectrum:
    """A spectrum as one factor of a product of matrices: convolved with the other one and mixed."""
    eq, other = site.equation, 1 - side
    contracting, batching = eq.params["dimension_numbers"]
    paired = dict(zip(batching[side], batching[other], strict=True))  # batch dimensions
    shared = [d for d in x.bins if d in paired]
    factor, real = site.nonzero_pattern(other), _is_real(site, other)
    fits = isinstance(factor, Spectrum) and factor.bins == {paired[d]: x.bins[d] for d in shared}
    if not real:
        x = _mixed(x, x.halves)
    if shared and isinstance(factor, Spectrum) and fits:
        taps = _shared_taps(factor, {paired[d]: d for d in shared}, x.signal.ndim)
        x = replace(x, signal=convolved(x.signal, taps, tuple(shared)), real=x.real and real)
    elif shared:
        x = _mixed(x, shared)
    shape = list(eq.in_shapes[other])
    for d in shared:
        shape[paired[d]] = x.bins[d][0]
    weights = jnp.full(shape, 1 / max(1, prod(eq.in_shapes[side][d] for d in contracting[side])))
    pair = (x.signal, weights) if side == 0 else (weights, x.signal)
    bins = {_place(eq, side, d): b for d, b in x.bins.items()}
    signal = lax.dot_general(*pair, eq.params["dimension_numbers"])
    return Spectrum(signal, bins, x.real and real)


def _mixing(site: SpectralSite, side: int, x: jax.Array, other: Spectrum) -> Spectrum:
    """An array as one factor, seen where the signal that it mixes may be nonzero."""
    eq = site.equation
    _, batching = eq.params["dimension_numbers"]
    paired = dict(zip(batching[1 - side], batching[side], strict=True))
    shared = [d for d in other.bins if d in paired]
    real = other.real and is_real(site.program, eq.inputs[side])
    signal = jnp.asarray(np.asarray(other.signal) > 0, x.dtype)
    mixed = {*shared, *(() if real else other.halves)}
    if mixed:
        signal = jnp.broadcast_to(signal.max(tuple(mixed), keepdims=True), signal.shape)
    lengths = list(x.shape)
    for d in shared:
        lengths[paired[d]] = other.bins[d][0]
    x = jnp.broadcast_to(mean_along(x, [paired[d] for d in shared]), lengths)
    pair = (x, signal) if side == 0 else (signal, x)
    bins = {_place(eq, 1 - side, d): b for d, b in other.bins.items()}
    contracted = prod(x.shape[d] for d in eq.params["dimension_numbers"][0][side])
    result = lax.dot_general(*pair, eq.params["dimension_numbers"]) / max(1, contracted)
    return Spectrum(result, bins, real)


def _shared_taps(factor: Spectrum, places: dict[int, int], rank: int) -> np.ndarray:
    """The taps that any channel of a factor has, along the dimensions of the other factor."""
    others = tuple(d for d in range(factor.signal.ndim) if d not in places)
    lines = np.asarray(factor.signal).max(others)  # of ``places``, in order
    left = sorted(places)
    lines = lines.transpose(sorted(range(len(left)), key=lambda n: places[left[n]]))
    return np.expand_dims(lines, tuple(d for d in range(rank) if d not in places.values()))


def _place(eq: Equation, side: int, dim: int) -> int:
    """The dimension of the product that a dimension of an operand becomes."""
    contracting, batching = eq.params["dimension_numbers"]
    if dim in batching[side]:
        return list(batching[side]).index(dim)
    before = [d for d in range(dim) if d not in (*contracting[side], *batching[side])]
    first = len(eq.in_shapes[0]) - len(contracting[0]) if side else len(batching[side])
    return first + len(before)
