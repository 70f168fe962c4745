"""Numbers rounded to a few steps, as training that prepares for integers simulates it."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from jaxrf.frameworks.torch.ops.registry import op


def _fake(x, scale, zero_point, low, high):
    """Rounded and clipped; the gradient is that of the clipping alone, as in PyTorch."""
    steps = jnp.round(x / scale) + zero_point
    rounded = (jnp.clip(steps, low, high) - zero_point) * scale
    passed = jnp.where((steps >= low) & (steps <= high), x, lax.stop_gradient(x))
    return (passed + lax.stop_gradient(rounded - x)).astype(x.dtype)


@op("fake_quantize_per_tensor_affine")
def per_tensor(x, scale, zero_point, quant_min, quant_max):
    """One scale for all."""
    return _fake(x, scale, zero_point, quant_min, quant_max)


@op("fake_quantize_per_channel_affine")
def per_channel(x, scale, zero_point, axis, quant_min, quant_max):
    """A scale for every index of one axis."""
    shape = [-1 if d == axis % x.ndim else 1 for d in range(x.ndim)]
    scale, zero_point = jnp.reshape(scale, shape), jnp.reshape(zero_point, shape)
    return _fake(x, scale, zero_point, quant_min, quant_max)
