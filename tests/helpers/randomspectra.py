"""Random programs in the frequency domain, right and wrong ways to use it among them."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

__all__ = ["SHAPE", "random_program"]

SHAPE = (2, 4, 5)  # two axes that may be transformed, behind channels
_FORTH = ("rfft", "fft", "ifft", "rfft2", "fft2", "rfft then fft", "fft of one axis")
_BACK = ("irfft", "ifft", "fft", "irfft2", "ifft2", "irfft then ifft", "ifft then irfft")
_STEPS = (
    *("kernel", "kernel", "phase", "number", "number by channel", "weights", "mask of frequencies"),
    *("mask of channels", "conjugate", "real part", "rolled", "square", "magnitude", "itself"),
    *(
        "another axis",
        "there and back",
        "mixed channels",
        "mixed rows",
        "sum of channels",
        "halved",
    ),
    *("plus a kernel", "plus a signal", "divided", "reversed", "transposed", "low modes", "gated"),
)


def random_program(seed: int) -> Callable:
    """A function of an array of ``SHAPE``, with a few random steps between two transforms."""
    rng = np.random.default_rng(seed)
    draws = [
        (str(rng.choice(_STEPS)), int(rng.integers(1 << 30))) for _ in range(rng.integers(1, 5))
    ]
    forth, back = str(rng.choice(_FORTH)), str(rng.choice(_BACK))
    if rng.integers(2):
        back = {"rfft": "irfft", "fft": "ifft", "ifft": "fft", "rfft2": "irfft2"}.get(forth, back)
    padding = int(rng.choice([0, 0, 3]))

    def program(x):
        n = x.shape[-1] + padding
        y = _forth(x, forth, n)
        for step, draw in draws:
            y = _step(x, y, step, np.random.default_rng(draw), forth, n)
        y = _back(y, back, n)
        return y.real + y.imag if jnp.iscomplexobj(y) else y

    program.__name__ = f"{forth} {n_of(padding)}: {', '.join(s for s, _ in draws)}: {back}"
    return program


def n_of(padding: int) -> str:
    """How it is padded."""
    return f"padded by {padding}" if padding else "unpadded"


def _forth(x, name: str, n: int):
    if name == "rfft then fft":
        return jnp.fft.fft(jnp.fft.rfft(x, n), axis=-2)
    if name == "fft of one axis":
        return jnp.fft.fft(x, axis=-2)
    if name.endswith("2"):
        return getattr(jnp.fft, name)(x, (x.shape[-2], n))
    return getattr(jnp.fft, name)(x, n)


def _back(y, name: str, n: int):
    if name == "irfft then ifft":
        return jnp.fft.ifft(jnp.fft.irfft(y, n), axis=-2)
    if name == "ifft then irfft":
        return jnp.fft.irfft(jnp.fft.ifft(y, axis=-2), n)
    if name == "irfft2":
        return jnp.fft.irfft2(y, (y.shape[-2], n))
    if name == "irfft":
        return jnp.fft.irfft(y, n)
    return getattr(jnp.fft, name)(y)


def _step(x, y, name: str, rng, forth: str, n: int):
    def weights(*shape):
        return jnp.asarray(rng.uniform(0.5, 1.5, shape), x.dtype)

    def complex_weights(*shape):
        return (weights(*shape) + 1j * weights(*shape)).astype(y.dtype)

    channels, bins = y.shape[-3], y.shape[-1]
    kernel = _forth(weights(channels, *x.shape[-2:])[..., : int(rng.integers(1, 4))], forth, n)
    fits = kernel.shape == y.shape
    if name == "kernel" and fits:
        return y * kernel
    if name == "plus a kernel" and fits:
        return y * (kernel + weights(channels, 1, 1))
    if name == "divided" and fits:
        return y / (kernel + 5)
    if name == "gated" and fits:
        return y * kernel + y * weights(1, 1, 1)
    if name == "plus a signal" and fits and channels == SHAPE[0]:
        return y + _forth(x[:, ::-1] * weights(*SHAPE), forth, n)
    if name == "phase":
        return y * jnp.exp(2j * jnp.pi * jnp.arange(bins) * 2 / n).astype(y.dtype)
    if name == "number":
        return y * complex_weights()
    if name == "number by channel":
        return y * (weights(channels, 1, 1) if rng.integers(2) else complex_weights(channels, 1, 1))
    if name == "weights":
        return y * complex_weights(*y.shape)
    if name == "mask of frequencies":
        return y * (jnp.arange(bins) < 2)
    if name == "mask of channels":
        return jnp.where(jnp.arange(channels)[:, None, None] < 1, y, 0)
    if name == "conjugate":
        return jnp.conj(y)
    if name == "real part":
        return y.real.astype(y.dtype)
    if name == "rolled":
        return jnp.roll(y, 1, -1)
    if name == "reversed":
        return y[..., ::-1] if rng.integers(2) else y[..., ::-1, :]
    if name == "square":
        return y * y
    if name == "magnitude":
        return y * jnp.abs(y)
    if name == "itself":
        return y * y[::-1]
    if name == "another axis":
        return jnp.fft.fft(y, axis=-2)
    if name == "there and back":
        return jnp.fft.ifft(jnp.fft.fft(y, axis=-2) * complex_weights(y.shape[-2], 1), axis=-2)
    if name == "mixed channels":
        mixing = complex_weights(channels, 3) if rng.integers(2) else weights(channels, 3)
        return jnp.einsum("chw,cd->dhw", y, mixing.astype(y.dtype))
    if name == "mixed rows":
        return jnp.einsum("chw,hg->cgw", y, weights(y.shape[-2], y.shape[-2]).astype(y.dtype))
    if name == "sum of channels":
        return y.sum(0, keepdims=True)
    if name == "halved":
        return y[:1] * 0.5
    if name == "transposed":
        return y.transpose(1, 0, 2)
    if name == "low modes":
        return y.at[..., 2:].set(0)
    return y
