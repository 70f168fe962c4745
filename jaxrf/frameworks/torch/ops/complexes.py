"""Complex numbers, their parts and what they are made of."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from jaxrf.frameworks.torch.ops.registry import alias, op, together

alias({"angle": jnp.angle, "sgn": jnp.sign, "imag": jnp.imag, "real": jnp.real})


@op("complex")
def complex_(real, imag):
    """A complex number of two real ones."""
    return lax.complex(*together(real, imag))


@op("polar")
def polar(absolute, angle):
    """A complex number of its modulus and its angle."""
    return lax.complex(*together(absolute * jnp.cos(angle), absolute * jnp.sin(angle)))


@op("view_as_complex", "view_as_complex_copy")
def view_as_complex(x):
    """The last axis holds real and imaginary parts."""
    return lax.complex(x[..., 0], x[..., 1])


@op("view_as_real", "view_as_real_copy")
def view_as_real(x):
    """Real and imaginary parts along a new last axis."""
    return jnp.stack([x.real, x.imag], -1)


@op("conj", "_conj", "conj_physical", "_conj_physical", "_conj_copy")
def conj(x):
    """The conjugate."""
    return jnp.conj(x)


@op("_neg_view", "_neg_view_copy")
def neg_view(x):
    """The negative."""
    return -x
