"""A random linear network of n 3x3 convolutions: the law sigma^2 = 2n/3 of Luo et al. (2016).

jaxrf erf jaxrf.examples:stack40 --shape 1,97,97,3 --samples 64
"""

import flax.linen as nn
import jax

KERNEL = nn.initializers.variance_scaling(1.0, "fan_in", "normal")


class Stack(nn.Module):
    """``depth`` convolutions 3x3 without nonlinearity, weights of variance 1 / fan-in."""

    depth: int
    width: int = 16

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Images [N, H, W, C] to feature maps of the same size."""
        for _ in range(self.depth):
            x = nn.Conv(self.width, (3, 3), use_bias=False, kernel_init=KERNEL)(x)
        return x


stack10, stack40 = Stack(10), Stack(40)
