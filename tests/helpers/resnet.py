"""ResNet-50 in the style of TorchVision, as a plain JAX function that knows nothing of jaxrf."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

__all__ = ["resnet50"]

STAGES = ((3, 1), (4, 2), (6, 2), (3, 2))  # blocks and first stride


def convolve(x, kernel: int, out: int, stride: int = 1, padding: int = 0):
    w = jnp.ones((kernel, kernel, x.shape[-1], out), x.dtype)
    return lax.conv_general_dilated(
        x, w, (stride, stride), [(padding, padding)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def norm(x):
    """BatchNorm at inference."""
    mean, variance, gamma, beta = (jnp.ones(x.shape[-1], x.dtype) for _ in range(4))
    return (x - mean) * lax.rsqrt(variance + 1e-5) * gamma + beta


def bottleneck(x, width: int, stride: int):
    """The stride sits in the 3x3; Caffe and Keras have it in the first 1x1."""
    y = jax.nn.relu(norm(convolve(x, 1, width)))
    y = jax.nn.relu(norm(convolve(y, 3, width, stride, 1)))
    y = norm(convolve(y, 1, 4 * width))
    if stride > 1 or x.shape[-1] != 4 * width:
        x = norm(convolve(x, 1, 4 * width, stride))
    return jax.nn.relu(x + y)


def resnet50(x, width: int = 1):
    """Features before pooling: 32 pixels per output."""
    x = jax.nn.relu(norm(convolve(x, 7, width, 2, 3)))
    pads = ((0, 0), (1, 1), (1, 1), (0, 0))
    x = lax.reduce_window(
        x, np.asarray(-np.inf, x.dtype), lax.max, (1, 3, 3, 1), (1, 2, 2, 1), pads
    )
    for stage, (blocks, stride) in enumerate(STAGES):
        for block in range(blocks):
            x = bottleneck(x, width * 2**stage, stride if block == 0 else 1)
    return x
