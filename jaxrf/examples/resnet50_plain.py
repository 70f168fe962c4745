"""ResNet-50 as torchvision has it, written as a plain JAX function: stride in the 3x3 convolution.

    jaxrf field jaxrf.examples:resnet50 --shape 1,224,224,3

The field is 427 pixels, not the 483 of TF-Slim's ResNet-50 (stride in the last unit of a block),
which is often quoted for it. Weights are made up: only the shape of the computation matters.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jax.ad_checkpoint import checkpoint_name

BLOCKS = ((3, 1), (4, 2), (6, 2), (3, 2))  # units and stride of layer1 to layer4
WIDTH = 8  # channels of layer1's bottleneck; torchvision has 64


def conv(x: jax.Array, channels: int, kernel: int, stride: int = 1) -> jax.Array:
    """Convolution with torch's symmetric padding, without a bias."""
    weights = jnp.full((kernel, kernel, x.shape[-1], channels), 0.01, x.dtype)
    pad = (kernel // 2, kernel // 2)
    return lax.conv_general_dilated(
        x, weights, (stride, stride), (pad, pad), dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def bottleneck(x: jax.Array, channels: int, stride: int) -> jax.Array:
    """1x1, 3x3 with the stride, 1x1; projected shortcut where the shape changes."""
    y = jax.nn.relu(conv(x, channels, 1))
    y = jax.nn.relu(conv(y, channels, 3, stride))
    y = conv(y, 4 * channels, 1)
    if x.shape != y.shape:
        x = conv(x, 4 * channels, 1, stride)
    return jax.nn.relu(x + y)


def resnet50(x: jax.Array) -> jax.Array:
    """Images [N, H, W, 3] to the last feature map, 32 times smaller."""
    x = jax.nn.relu(conv(x, WIDTH, 7, 2))
    x = lax.reduce_window(
        x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (1, 1), (0, 0))
    )
    for index, (units, stride) in enumerate(BLOCKS):
        for unit in range(units):
            x = bottleneck(x, WIDTH * 2**index, stride if unit == 0 else 1)
        x = checkpoint_name(x, f"layer{index + 1}")
    return x
