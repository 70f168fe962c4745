"""Convolutions whose axes stand in any order."""

import jax.numpy as jnp
from jax import lax

__all__ = ["conv"]


def conv(x, spec):
    """A convolution over the axes that ``spec`` calls H, and W."""
    channels, rank = x.shape[spec.index("C")], len(spec) - 2
    weights = jnp.ones((*(3,) * rank, channels, 2))
    numbers = (spec, "HWIO"[4 - rank - 2 :] if rank == 2 else "HIO", spec)
    return lax.conv_general_dilated(x, weights, (1,) * rank, "SAME", dimension_numbers=numbers)
