"""Fourier transforms: of an axis, and of frames along a signal."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.onnx.registry import Unmapped, operator


def _complex(x):
    """The last axis holds real and imaginary parts, or the real one alone."""
    return x[..., 0] if x.shape[-1] == 1 else x[..., 0] + 1j * x[..., 1]


def _parts(spectrum):
    """Real and imaginary parts along a new last axis."""
    return jnp.stack([jnp.real(spectrum), jnp.imag(spectrum)], -1)


@operator("STFT", known=(1, 3))
def stft(node, signal, step, window=None, length=None):
    """Windowed frames every ``step`` samples, transformed; real signals by default one-sided."""
    count = len(window) if length is None and window is not None else length
    if count is None:
        raise Unmapped("neither window nor frame_length")
    size, hop = int(np.asarray(count)), int(np.asarray(step))
    x = signal if signal.ndim == 2 else _complex(signal)  # as PyTorch exports real signals
    frames = (x.shape[1] - size) // hop + 1
    cut = x[:, np.arange(frames)[:, None] * hop + np.arange(size)]
    if window is not None:
        cut = cut * jnp.asarray(window)
    one_sided = node.get("onesided", int(not jnp.iscomplexobj(cut)))  # complex ones have no half
    if jnp.iscomplexobj(cut) and one_sided:
        raise Unmapped("onesided=1 of a complex signal")
    return _parts(jnp.fft.rfft(cut, axis=2) if one_sided else jnp.fft.fft(cut, axis=2))


@operator("DFT", known=(1, 2))
def dft(node, x, length=None, axis=None):
    """The transform of one axis, cut or padded with zeros to ``dft_length``."""
    rank = x.ndim
    chosen = node.get("axis", 1) if node.version < 20 else (-2 if axis is None else int(axis))
    dim = chosen % rank
    size = None if length is None else int(np.asarray(length))
    inverse, one_sided = node.get("inverse", 0), node.get("onesided", 0)
    values = _complex(x)
    if inverse:
        if one_sided:
            raise Unmapped("onesided=1 of an inverse")
        return _parts(jnp.fft.ifft(values, size, axis=dim))
    if one_sided and not jnp.iscomplexobj(values):
        return _parts(jnp.fft.rfft(values, size, axis=dim))
    if one_sided:
        raise Unmapped("onesided=1 of complex numbers")
    return _parts(jnp.fft.fft(values, size, axis=dim))
