"""Stacks of convolutions of any rank: of ones, and of random weights."""

import math

import jax
import jax.numpy as jnp
from jax import lax

__all__ = ["RandomNet", "boxes", "conv"]

AXES = {1: ("NWC", "WIO", "NWC"), 2: ("NHWC", "HWIO", "NHWC"), 3: ("NDHWC", "DHWIO", "NDHWC")}


def conv(x, weights, stride=1, padding="SAME", dilation=1):
    rank = x.ndim - 2
    return lax.conv_general_dilated(
        x, weights, (stride,) * rank, padding, None, (dilation,) * rank, AXES[rank]
    )


def boxes(layers, rank, channels=1):
    """A stack of 3-wide kernels of ones."""
    weights = jnp.ones((*(3,) * rank, channels, channels))

    def model(x):
        for _ in range(layers):
            x = conv(x, weights)
        return x

    return model


class RandomNet:
    """3x3 layers without activation, He-initialised, periodic nowhere."""

    def __init__(self, depth, width, rank=2, bias=0.0):
        self.depth, self.width, self.rank, self.bias = depth, width, rank, bias

    def init(self, key, x):
        keys = jax.random.split(key, self.depth)
        counts = [x.shape[-1]] + [self.width] * self.depth
        return [
            jax.random.normal(k, (*(3,) * self.rank, a, b)) / math.sqrt(3**self.rank * a)
            for k, a, b in zip(keys, counts, counts[1:], strict=False)
        ]

    def apply(self, variables, x):
        for weights in variables:
            x = conv(x, weights) + self.bias
        return x
