"""A one-level U-Net in Flax: its field depends on the parity of the output.

    jaxrf field jaxrf.examples:unet --shape 1,64,64,1

Even outputs reach from -8 to 9 input pixels, odd ones from -9 to 8: size 18, stride 1, period 2.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp


class UNet(nn.Module):
    """Two 3x3 convolutions, 2x2 max-pool, two 3x3, 2x2 up-convolution, skip, two 3x3."""

    width: int = 8

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Images [N, H, W, C], H and W even, to one channel of the same size."""
        skip = self.double(x, self.width, "down")
        x = nn.max_pool(skip, (2, 2), (2, 2))
        x = self.double(x, 2 * self.width, "bottom")
        x = nn.ConvTranspose(self.width, (2, 2), strides=(2, 2), name="up")(x)
        x = self.double(jnp.concatenate([skip, x], -1), self.width, "merge")
        return nn.Conv(1, (1, 1), name="head")(x)

    def double(self, x: jax.Array, channels: int, name: str) -> jax.Array:
        """Two 3x3 convolutions with ReLU."""
        for n in (1, 2):
            x = nn.relu(nn.Conv(channels, (3, 3), name=f"{name}{n}")(x))
        return x


unet = UNet()
