"""Primitives that move the elements of spectra without mixing their frequencies."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.measure.linearization.spectra import Spectrum
from jaxrf.measure.linearization.spectral_site import SPECTRA, Result, SpectralSite, alike
from jaxrf.program.zeros import kept_dims


@SPECTRA.rule(
    *("copy", "copy_p", "name", "neg", "reduce_precision", "sharding_constraint", "stop_gradient")
)
def same(site: SpectralSite) -> Result:
    """An operation that is the same for every frequency leaves the signal as it is."""
    x, eq = site.first, site.equation
    return None if x is None or eq.in_shapes[0] != eq.out_shapes[0] else [x]


@SPECTRA.rule("convert_element_type")
def convert(site: SpectralSite) -> Result:
    """A conversion from one complex dtype to another leaves the signal as it is."""
    complex_ = jax.dtypes.issubdtype(site.params["new_dtype"], np.complexfloating)
    return same(site) if complex_ else None


@SPECTRA.rule("conj")
def conjugate(site: SpectralSite) -> Result:
    """The conjugate of a spectrum has the reversed signal: index (-t) mod n."""
    x = site.first
    if x is None:
        return None
    signal = x.signal
    for d in x.bins:
        signal = jnp.roll(jnp.flip(signal, d), 1, d)
    return [replace(x, signal=signal)]


@SPECTRA.rule("transpose")
def transpose(site: SpectralSite) -> Result:
    """The signal is transposed."""
    order = site.params["permutation"]
    if (x := site.first) is None:
        return None
    bins = {order.index(d): b for d, b in x.bins.items()}
    return [replace(x, signal=jnp.transpose(x.signal, order), bins=bins)]


@SPECTRA.rule("reshape", "squeeze", "expand_dims")
def reshape(site: SpectralSite) -> Result:
    """The signal is reshaped, where frequencies keep a dimension of their own."""
    x, (before,), (after,) = site.first, site.in_shapes, site.out_shapes
    if x is None or (site.name == "reshape" and site.params.get("dimensions") is not None):
        return None
    place = {source: d for d, source in kept_dims(before, after).items()}
    if not place.keys() >= x.bins.keys():
        return None
    bins = {place[d]: b for d, b in x.bins.items()}
    shape = [bins[d][0] if d in bins else n for d, n in enumerate(after)]
    return [replace(x, signal=jnp.reshape(x.signal, shape), bins=bins)]


@SPECTRA.rule("broadcast_in_dim")
def broadcast(site: SpectralSite) -> Result:
    """The signal is broadcast over other dimensions."""
    x, (shape,), targets = site.first, site.out_shapes, site.params["broadcast_dimensions"]
    if x is None or any(site.in_shapes[0][d] != shape[targets[d]] for d in x.bins):
        return None
    bins = {targets[d]: b for d, b in x.bins.items()}
    lengths = [bins[d][0] if d in bins else n for d, n in enumerate(shape)]
    return [replace(x, signal=lax.broadcast_in_dim(x.signal, lengths, targets), bins=bins)]


@SPECTRA.rule("pad")
def pad(site: SpectralSite) -> Result:
    """The signal is padded along dimensions without frequencies, as between two transforms."""
    config = site.params["padding_config"]
    x = site.first_without([d for d, sides in enumerate(config) if any(sides)])
    if x is None or site.operands[1] is not None:
        return None
    return [replace(x, signal=lax.pad(x.signal, jnp.zeros((), x.signal.dtype), config))]


@SPECTRA.rule("slice")
def slice_(site: SpectralSite) -> Result:
    """The signal is sliced along dimensions without frequencies."""
    (before,), (after,), p = site.in_shapes, site.out_shapes, site.params
    rank = len(before)
    x = site.first_without([d for d in range(rank) if before[d] != after[d]])
    if x is None:
        return None
    steps = p["strides"] or (1,) * rank
    bounds = [
        slice(None) if d in x.bins else slice(*b)
        for d, b in enumerate(zip(p["start_indices"], p["limit_indices"], steps, strict=True))
    ]
    return [replace(x, signal=x.signal[tuple(bounds)])]


@SPECTRA.rule("concatenate")
def concatenate(site: SpectralSite) -> Result:
    """Signals are concatenated along a dimension without frequencies."""
    dim, some = site.params["dimension"], alike(site.operands)
    if some is None or dim in some[0].bins:
        return None
    if any(x is not None and not isinstance(x, Spectrum) for x in site.operands):
        return None
    bins, pieces = some[0].bins, []
    for x, shape in zip(site.operands, site.in_shapes, strict=True):
        lengths = [bins[d][0] if d in bins else n for d, n in enumerate(shape)]
        pieces.append(x.signal if isinstance(x, Spectrum) else jnp.zeros(lengths))
    real = all(isinstance(x, Spectrum) and x.real for x in site.operands)
    return [replace(some[0], signal=jnp.concatenate(pieces, dim), real=real)]


@SPECTRA.rule("reduce_sum")
def reduced(site: SpectralSite) -> Result:
    """The signal is averaged over dimensions without frequencies."""
    axes = site.params["axes"]
    if (x := site.first_without(axes)) is None:
        return None
    place = {d: n for n, d in enumerate(d for d in range(x.signal.ndim) if d not in axes)}
    bins = {place[d]: b for d, b in x.bins.items()}
    return [replace(x, signal=jnp.mean(x.signal, axes), bins=bins)]
