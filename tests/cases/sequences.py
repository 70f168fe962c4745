"""Operations that run along a dimension: cumulative ones, sorting, Fourier transforms."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.helpers.rulecase import Case

CUMULATIVE = {
    "cumsum": lax.cumsum,
    "cumprod": lax.cumprod,
    "cumlogsumexp": lax.cumlogsumexp,
    "cummax": lax.cummax,
    "cummin": lax.cummin,
}


def fourier_layer(x):
    """Global convolution in the frequency domain, as in a Fourier neural operator."""
    rng = np.random.default_rng(0)
    spectrum = jnp.fft.rfft2(x, axes=(1, 2))
    shape = (*spectrum.shape[1:], x.shape[-1])
    kernel = rng.uniform(0.5, 1.5, shape) + 1j * rng.uniform(0.5, 1.5, shape)
    mixed = jnp.einsum("bhwc,hwcd->bhwd", spectrum, jnp.asarray(kernel, spectrum.dtype))
    return jnp.fft.irfft2(mixed, s=x.shape[1:3], axes=(1, 2))


def power(spectrum):
    return spectrum.real**2 + spectrum.imag**2


def by_two_keys(x):
    return lax.sort((x[..., 0], x[..., 1], x[..., 2]), dimension=1, num_keys=2)


def rounded_first(x):
    """Full of ties in the first channel."""
    return x.at[..., 0].set(jnp.round(x[..., 0] / 30))


CASES = [
    *(
        Case(f"{name}{', reversed' * back}", lambda x, f=f, back=back: f(x, 1, reverse=back),
             (1, 4, 2), name, perturb=name in ("cummax", "cummin"))
        for name, f in CUMULATIVE.items()
        for back in (False, True)
    ),
    Case("cumsum over channels", lambda x: jnp.cumsum(x, -1), (1, 2, 3), "cumsum"),
    Case("associative scan", lambda x: lax.associative_scan(jnp.multiply, x, axis=1), (1, 5, 1),
         ""),
    Case(
        "linear recurrence",
        lambda x: lax.associative_scan(
            lambda a, b: (a[0] * b[0], a[1] * b[0] + b[1]), (x[..., :1] / 2, x[..., 1:]), axis=1
        )[1],
        (1, 4, 2),
        "",
    ),
    Case("diff", lambda x: jnp.diff(x, axis=1), (1, 4, 1), ""),
    Case("sort by two keys, the first", lambda x: by_two_keys(x)[0], (1, 3, 3), "sort", True),
    Case("sort by two keys, the values", lambda x: by_two_keys(rounded_first(x))[2], (1, 3, 3),
         "sort", True),
    Case("argsort of channels", lambda x: jnp.argsort(x, -1), (1, 2, 3), "sort", True),
    Case("median over space", lambda x: jnp.median(x, 1), (1, 3, 2), "sort", True),
    Case("largest two along an axis", lambda x: lax.top_k(x.swapaxes(1, 2), 2)[0], (1, 4, 2),
         "top_k", True),
    Case("approximately largest", lambda x: lax.approx_max_k(x, 2, reduction_dimension=1)[0],
         (1, 4, 2), "approx_top_k", True),
    Case("place of the largest over space", lambda x: jnp.argmax(x, 1), (1, 4, 2), "argmax", True),
    Case("soft argmax", lambda x: (jax.nn.softmax(x, 1) * jnp.arange(4)[:, None]).sum(1), (1, 4, 2),
         ""),
    Case("fft", lambda x: power(jnp.fft.fft(x, axis=1)), (1, 4, 2), "fft"),
    Case("fft of channels", lambda x: power(jnp.fft.fft(x)), (1, 2, 4), "fft"),
    Case("fft, padded", lambda x: power(jnp.fft.fft(x, n=5, axis=1)), (1, 3, 1), "fft"),
    Case("ifft", lambda x: power(jnp.fft.ifft(x, axis=1)), (1, 4, 1), "fft"),
    Case("rfft", lambda x: power(jnp.fft.rfft(x, axis=1)), (1, 5, 2), "fft"),
    Case("irfft", lambda x: jnp.fft.irfft(lax.complex(x, x * 2), n=5, axis=1), (1, 3, 2), "fft"),
    Case("fftn", lambda x: power(jnp.fft.fftn(x, axes=(1, 2))), (2, 2, 3), "fft"),
    Case("Fourier layer", fourier_layer, (1, 3, 4, 1), "fft"),
]  # fmt: skip
