"""A stack of 3x3 layers with random weights, and its expected squared gradient, exactly."""

from dataclasses import dataclass
from functools import reduce

import jax
import numpy as np
from jax import lax


@dataclass(frozen=True)
class Stack:
    """Linear, SAME, variance 1 / fan-in; the expected energy is a convolution of boxes."""

    depth: int
    width: int
    colors: int = 1

    def init(self, key, x):
        """Kernels."""
        widths = [self.colors] + [self.width] * self.depth
        keys = jax.random.split(key, self.depth)
        return [
            jax.random.normal(k, (3, 3, a, b)) / np.sqrt(9 * a)
            for k, a, b in zip(keys, widths, widths[1:], strict=False)
        ]

    def apply(self, kernels, x):
        """Images to features."""
        layout = ("NHWC", "HWIO", "NHWC")
        return reduce(
            lambda y, k: lax.conv_general_dilated(y, k, (1, 1), "SAME", None, None, layout),
            kernels,
            x,
        )

    @property
    def size(self):
        """The theoretical size r."""
        return 2 * self.depth + 1

    @property
    def sigma(self):
        """Of the expected energy, sqrt(2 n / 3)."""
        return np.sqrt(2 * self.depth / 3)


def exact_energy(stack):
    """[r, r], the expected energy of the central feature, of sum 1."""
    line = reduce(np.convolve, [np.full(3, 1 / 3)] * stack.depth)
    return np.multiply.outer(line, line)
