"""Fourier transforms: features, filters, and convolutions that are computed through spectra."""

import jax
import jax.numpy as jnp
import jax.scipy.signal as signal
import numpy as np

from tests.helpers.rulecase import Case

RNG = np.random.default_rng(0)
LONG = RNG.normal(size=(2, 6))  # two channels, as long as the signals below
SHORT = RNG.normal(size=(2, 3))
DENSE = RNG.normal(size=(2, 3, 3))  # in, out, taps
BINS = RNG.normal(size=(2, 7)) + 1j * RNG.normal(size=(2, 7))
PLANE = RNG.normal(size=(3, 2))
BATCH = (1, 2, 6)  # batch, channels, time


def spectrum(k, x, n):
    return jnp.fft.rfft(jnp.asarray(k, x.dtype), n)


def convolved(x, k, n, length=6):
    return jnp.fft.irfft(jnp.fft.rfft(x, n) * spectrum(k, x, n), n)[..., :length]


def complex_(k, x):
    return jnp.asarray(k, jnp.complex128 if x.dtype == jnp.float64 else jnp.complex64)


def implicit(x):
    """Hyena: the filter is made by a network from positions, and fades."""
    t = jnp.linspace(0, 1, 6, dtype=x.dtype)[:, None]
    hidden = jnp.sin(t @ jnp.asarray(LONG[:1], x.dtype))
    k = (hidden @ jnp.asarray(LONG.T, x.dtype)) * jnp.exp(-t)
    return convolved(x, k.T, 12) + x * jnp.asarray(SHORT[:, :1], x.dtype)


def gated(x):
    """H3: two convolutions with a product in between, forward and backward in one."""
    both = jnp.pad(jnp.asarray(SHORT, x.dtype), ((0, 0), (0, 9)))
    both = both + jnp.pad(jnp.asarray(SHORT, x.dtype)[:, ::-1], ((0, 0), (9, 0)))
    return x * convolved(x, both, 12)


def state_space(x):
    """S4: the kernel comes from its own spectrum, cut to the length of the signal."""
    k = jnp.fft.irfft(complex_(BINS, x), 12)[..., :6]
    return convolved(x, k, 12)


def by_phase(x):
    """The shift theorem."""
    turn = jnp.exp(-2j * jnp.pi * jnp.arange(4) * 2 / 6)
    return jnp.fft.irfft(jnp.fft.rfft(x) * turn.astype(complex_(1, x).dtype), 6)


def by_parts(x):
    a, b = jnp.fft.rfft(x, 12), spectrum(SHORT, x, 12)
    real, imaginary = a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real
    return jnp.fft.irfft(jax.lax.complex(real, imaginary), 12)[..., :6]


def dense(x):
    product = jnp.einsum("bif,iof->bof", jnp.fft.rfft(x, 8), spectrum(DENSE, x, 8))
    return jnp.fft.irfft(product, 8)[..., :6]


def summed(x):
    product = jnp.fft.rfft(x, 8)[:, :, None] * spectrum(DENSE, x, 8)
    return jnp.fft.irfft(product.sum(1), 8)[..., :6]


def half_and_whole(x):
    """The half spectrum is inverted first: what it leaves out of the other axis is gone."""
    across = jnp.fft.fft(jnp.fft.rfft(x, axis=2), axis=1)
    return jnp.fft.ifft(jnp.fft.irfft(across, 4, axis=2), axis=1).real


def neural_operator(x):
    """Learned weights on the lowest modes."""
    low = jnp.fft.rfft(x, axis=1)[:, :2]
    mixed = jnp.einsum("bfi,fio->bfo", low, complex_(BINS[:, :4].reshape(2, 2, 2), x))
    room = jnp.zeros((1, 4, 2), mixed.dtype).at[:, :2].set(mixed)
    return jnp.fft.irfft(room, 6, axis=1)


def soft(x):
    """A nonlinearity of frequencies."""
    spectrum = jnp.fft.rfft(x)
    return jnp.fft.irfft(spectrum * jnp.tanh(jnp.abs(spectrum)), 6)


def frames(x):
    """Enhanced frame by frame, with a mask that the frame decides."""
    spectra = jnp.fft.rfft(x.reshape(1, 3, 4))
    return jnp.fft.irfft(spectra * jax.nn.sigmoid(jnp.abs(spectra)), 4).reshape(1, 12)


def of_steps(x):
    """Over time, with what a mask leaves of space."""
    mask = jnp.arange(3)[:, None] > 0
    spectra = jnp.fft.rfft(x, 8, axis=-1) * mask
    return jnp.fft.irfft(spectra * spectrum(SHORT[0], x, 8), 8)[..., :5]


def product(x, n, k=SHORT, conj=False):
    factor = spectrum(k, x, n)
    return jnp.fft.irfft(jnp.fft.rfft(x, n) * (jnp.conj(factor) if conj else factor), n)


def complex_product(x):
    factor = jnp.fft.fft(jnp.asarray(SHORT, x.dtype), 9)
    return jnp.fft.ifft(jnp.fft.fft(x, 9) * factor * (1 + 2j)).real


def other_way(x):
    factor = jnp.fft.ifft(jnp.asarray(SHORT, x.dtype), 9)
    return jnp.fft.fft(jnp.fft.ifft(x, 9) * factor).real


def same2d(x):
    return signal.fftconvolve(x[0], jnp.asarray(PLANE, x.dtype), mode="same")


def cube(x):
    k = jnp.asarray(DENSE[:, :2, :2], x.dtype)
    sizes, axes = (3, 4, 5), (1, 2, 3)
    factor = jnp.fft.rfftn(k, sizes)
    return jnp.fft.irfftn(jnp.fft.rfftn(x, sizes, axes) * factor, sizes, axes)


def case(name, f, shape, **options):
    return Case(name, f, shape, "fft", perturb=True, tolerance=1e-9, **options)


CASES = [
    case("causal", lambda x: convolved(x, LONG, 12), BATCH),
    case("circular", lambda x: convolved(x, LONG, 6), BATCH),
    case("few taps", lambda x: convolved(x, SHORT, 12), BATCH),
    case("few taps, no padding", lambda x: product(x, 6), BATCH),
    case("few taps, odd and hardly any padding", lambda x: product(x, 7), BATCH),
    case("valid part without padding", lambda x: product(x, 6)[..., 2:], BATCH),
    case("correlation", lambda x: product(x, 9, conj=True), BATCH),
    case("correlation without padding", lambda x: product(x, 6, conj=True), BATCH),
    case("correlation the other way", lambda x: jnp.fft.irfft(
        jnp.conj(jnp.fft.rfft(x, 9)) * spectrum(SHORT, x, 9), 9), BATCH),
    case("there and back", lambda x: jnp.fft.irfft(jnp.fft.rfft(x), 6), BATCH),
    case("orthonormal", lambda x: jnp.fft.irfft(jnp.fft.rfft(x, norm="ortho") / 2, 6, norm="ortho"),
         BATCH),
    case("complex", complex_product, BATCH),
    case("the other way", other_way, BATCH),
    case("two products", lambda x: jnp.fft.irfft(
        jnp.fft.rfft(x, 9) * spectrum(SHORT, x, 9) - jnp.fft.rfft(x[:, ::-1], 9), 9), BATCH),
    case("product of three", lambda x: jnp.fft.irfft(
        spectrum(SHORT, x, 12) * jnp.fft.rfft(x, 12) * spectrum(SHORT[:, :2], x, 12), 12), BATCH),
    case("by itself", lambda x: jnp.fft.irfft(jnp.fft.rfft(x, 8) * jnp.fft.rfft(x[..., :2], 8), 8),
         (1, 1, 4)),
    case("implicit filter", implicit, BATCH),
    case("gated, two directions", gated, BATCH),
    case("state space", state_space, BATCH),
    case("dense", dense, BATCH),
    case("dense, summed up", summed, BATCH),
    case("channels mixed in between", lambda x: jnp.fft.irfft(jnp.einsum(
        "bif,io->bof", jnp.fft.rfft(x, 8) * spectrum(SHORT, x, 8),
        complex_(np.ones((2, 3)), x).real.astype(x.dtype)), 8), BATCH),
    case("frequencies first", lambda x: jnp.fft.irfft(
        jnp.moveaxis(jnp.fft.rfft(x, 8), -1, 0) * spectrum(SHORT, x, 8).T[:, None], 8, 0), BATCH),
    case("kernels from a basis", lambda x: jnp.fft.irfft(jnp.fft.rfft(x, 8) * jnp.einsum(
        "kf,kc->cf", spectrum(SHORT, x, 8), complex_(jnp.asarray(LONG[:, :2], x.dtype), x)), 8),
         BATCH),
    case("scaled by the input", lambda x: jnp.fft.irfft(
        jnp.mean(x, -1, keepdims=True) * spectrum(SHORT, x, 8), 8), (1, 2, 3)),
    case("mixed by the input", lambda x: jnp.fft.irfft(jnp.einsum(
        "bik,if->bkf", complex_(x, x), spectrum(SHORT, x, 8)), 8), (1, 2, 3)),
    case("scaled kernel", lambda x: product(x, 9, SHORT) + jnp.fft.irfft(jnp.fft.rfft(x, 9) * (
        jnp.asarray(LONG[:, :1], x.dtype) * spectrum(SHORT, x, 9)), 9), BATCH),
    case("skipped in the frequency domain", lambda x: jnp.fft.irfft(jnp.fft.rfft(x, 9) * (
        jnp.asarray(LONG[:, :1], x.dtype) + spectrum(SHORT[:, 1:], x, 9)), 9), BATCH),
    case("heads", lambda x: jnp.fft.irfft(jnp.concatenate(
        [jnp.fft.rfft(x, 8), jnp.fft.rfft(x, 8)[:, :1] * spectrum(SHORT[0], x, 8)], 1), 8), BATCH),
    case("library, same", lambda x: signal.fftconvolve(x, jnp.asarray(SHORT[:1], x.dtype),
                                                        mode="same"), (1, 7)),
    case("library, full", lambda x: signal.fftconvolve(x, jnp.asarray(SHORT[:1], x.dtype)), (1, 6)),
    case("library, plane", same2d, (1, 4, 5)),
    case("cube", cube, (1, 2, 3, 3)),
    case("masked space", of_steps, (1, 3, 5)),
    case("frames with a mask", frames, (1, 12)),
    case("frames there and back", lambda x: jnp.fft.irfft(jnp.fft.rfft(x.reshape(1, 3, 4)) * 2, 4),
         (1, 12)),
    case("another length", lambda x: jnp.fft.irfft(jnp.fft.rfft(x, 8), 7), (1, 5),
         over="an impulse at 0 keeps its place", loose="likewise"),
    case("half and whole", half_and_whole, (1, 3, 4),
         over="what is left is real parts alone", loose="likewise"),
    case("neural operator", neural_operator, (1, 6, 2)),
    case("learned filter", lambda x: jnp.fft.irfft(jnp.fft.rfft(x) * complex_(BINS[:, :4], x), 6),
         BATCH),
    case("recursive filter", lambda x: jnp.fft.irfft(
        jnp.fft.rfft(x) / (2 + spectrum(SHORT, x, 6)), 6), BATCH),
    case("nonlinear", soft, BATCH),
    case("by phase", by_phase, BATCH, over="a known filter is not worked out", unknown=True),
    case("by parts", by_parts, BATCH, over="complex numbers by their parts are not followed",
         loose="likewise"),
    case("quarter turn", lambda x: jnp.fft.irfft(jnp.fft.rfft(x) * 1j, 6), (1, 6),
         over="every second tap of a Hilbert transform is zero", loose="likewise"),
]  # fmt: skip
