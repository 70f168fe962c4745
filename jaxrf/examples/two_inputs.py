"""A denoiser of two inputs, an image and an embedding of the time: a field in each of them.

jaxrf field jaxrf.examples:denoiser --shape 1,32,32,3 --shape 1,16
jaxrf field jaxrf.examples:denoiser --shape 1,32,32,3 --shape 1,16 --wrt time
"""

import flax.linen as nn
import jax

__all__ = ["Denoiser", "denoiser"]


class Denoiser(nn.Module):
    """Two convolutions, scaled and shifted by what the time says."""

    features: int = 8

    @nn.compact
    def __call__(self, image: jax.Array, time: jax.Array) -> jax.Array:
        x = nn.Conv(self.features, (3, 3), name="stem")(image)
        scale, shift = nn.Dense(2 * self.features, name="modulate")(time).reshape(
            2, 1, 1, 1, self.features
        )
        return nn.Conv(image.shape[-1], (3, 3), name="head")(nn.silu(x * scale + shift))


denoiser = Denoiser()
