"""Small networks, one per family of operations, that a prediction is held against sampling on."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn

SIDE, WIDTH = 49, 16


class Conv(nn.Module):
    """A convolution of the family's width with He-normal weights."""

    kernel: int = 3
    stride: int = 1
    dilation: int = 1
    width: int = WIDTH
    groups: int = 1

    @nn.compact
    def __call__(self, x):
        return nn.Conv(
            self.width,
            (self.kernel,) * 2,
            self.stride,
            kernel_dilation=self.dilation,
            feature_group_count=self.groups,
            kernel_init=nn.initializers.he_normal(),
        )(x)


class Net(nn.Module):
    """Steps one after another."""

    steps: tuple[Callable, ...]

    @nn.compact
    def __call__(self, x):
        for step in self.steps:
            x = step(x)
        return x


def conv(kernel=3, **options):
    """A convolution."""
    return lambda x: Conv(kernel, **options)(x)


def act(function, **options):
    """Convolution and activation."""
    return lambda x: function(Conv(**options)(x))


def residual(x):
    """X + conv(relu(conv(x)))."""
    return x + Conv()(nn.relu(Conv()(x)))


def bottleneck(x):
    """Post-activation residual with a projection and BatchNorm."""
    norm = nn.BatchNorm(use_running_average=True)
    return nn.relu(Conv(1)(x) + norm(Conv()(nn.relu(Conv()(x)))))


def branches(x):
    """Inception-like: three kernels and an average pool side by side."""
    pooled = Conv(1, width=8)(nn.avg_pool(x, (3, 3), (1, 1), "SAME"))
    wide = Conv(5, width=8)(nn.relu(Conv(1, width=8)(x)))
    return nn.relu(jnp.concatenate([Conv(1, width=8)(x), Conv(width=8)(x), wide, pooled], -1))


def dense_block(x):
    """X and what comes of it, side by side."""
    return jnp.concatenate([x, Conv(width=8)(nn.relu(x))], -1)


def depthwise(x):
    """Depthwise, then 1x1."""
    return nn.relu(Conv(1)(nn.relu(Conv(groups=WIDTH)(x))))


def grouped(x):
    """Four groups."""
    return nn.relu(Conv(groups=4)(x))


def bilinear(x):
    """Twice the size by bilinear interpolation."""
    n, h, w, c = x.shape
    return jax.image.resize(x, (n, 2 * h, 2 * w, c), "bilinear")


def nearest(x):
    """Twice the size by repetition."""
    return x.repeat(2, 1).repeat(2, 2)


def down(x):
    """2x2 average."""
    return nn.avg_pool(x, (2, 2), (2, 2))


def max_pool(x):
    """3x3 maximum at stride 2."""
    return nn.max_pool(x, (3, 3), (2, 2), "SAME")


def squeeze_excite(x):
    """One gate per channel."""
    gate = nn.sigmoid(nn.Dense(WIDTH)(nn.relu(nn.Dense(4)(x.mean((1, 2), keepdims=True)))))
    return x * gate


def pre_norm(x):
    """A residual block with LayerNorm, GELU and a 7x7 depthwise convolution."""
    y = nn.LayerNorm()(Conv(7, groups=WIDTH)(x))
    return x + Conv(1)(nn.gelu(Conv(1, width=2 * WIDTH)(y)))


class Dropout(nn.Module):
    """Half of the channels' elements dropped, by the same mask always: a fixed key."""

    @nn.compact
    def __call__(self, x):
        kept = jax.random.bernoulli(jax.random.key(5), 0.5, x.shape)
        return jnp.where(kept, 2 * x, 0)


def dropout(x):
    """Dropout at a rate of 1/2."""
    return Dropout()(nn.relu(Conv()(x)))


def unet(x):
    """Down by a maximum, up bilinearly, and what was there joined."""
    inner = nn.relu(Conv()(nn.relu(Conv()(nn.max_pool(x, (2, 2), (2, 2))))))
    n, h, w, c = x.shape
    up = jax.image.resize(inner, (n, h, w, c), "bilinear")
    return nn.relu(Conv()(jnp.concatenate([x, up], -1)))


def attention(x):
    """A head of self-attention over all places, with its skip."""
    n, h, w, c = x.shape
    flat = x.reshape(n, h * w, c)
    q, k, v = (nn.Dense(c)(flat) for _ in range(3))
    mixed = nn.softmax(q @ k.transpose(0, 2, 1) / c**0.5) @ v
    return x + nn.Dense(c)(mixed).reshape(x.shape)


def transformer(x):
    """A block of a vision transformer: two heads, LayerNorm first, an MLP with GELU."""
    tokens = x.reshape(x.shape[0], -1, x.shape[-1])
    mixed = nn.MultiHeadDotProductAttention(num_heads=2)(nn.LayerNorm()(tokens))
    x = x + mixed.reshape(x.shape)
    inner = nn.gelu(Conv(1, width=2 * WIDTH)(nn.LayerNorm()(x)))
    return x + Conv(1)(inner)


RELU = act(nn.relu)
FAMILIES: dict[str, tuple[Callable, ...]] = {
    "linear": (conv(),) * 5,
    "ReLU": (RELU,) * 5,
    "leaky ReLU": (act(nn.leaky_relu),) * 5,
    "GELU": (act(nn.gelu),) * 5,
    "SiLU": (act(nn.silu),) * 5,
    "tanh": (act(nn.tanh),) * 5,
    "sigmoid": (act(nn.sigmoid),) * 5,
    "residual": (conv(),) + (residual,) * 4,
    "residual, BatchNorm": (conv(),) + (bottleneck,) * 4,
    "dilated": (RELU, act(nn.relu, dilation=2), act(nn.relu, dilation=4), RELU),
    "strided": (RELU, act(nn.relu, stride=2), RELU, act(nn.relu, stride=2), RELU),
    "max pool": (RELU, RELU, max_pool, RELU, RELU),
    "average pool": (RELU, RELU, down, RELU, RELU),
    "average pool, twice": (RELU, down, down, RELU, RELU),
    "bilinear": (RELU, down, RELU, RELU, bilinear, RELU),
    "nearest": (RELU, down, RELU, RELU, nearest, RELU),
    "U-Net": (RELU, RELU, unet),
    "dropout": (dropout,) * 5,
    "depthwise": (conv(),) + (depthwise,) * 4,
    "grouped": (conv(),) + (grouped,) * 4,
    "Inception": (conv(),) + (branches, branches),
    "dense block": (conv(),) + (dense_block,) * 4 + (RELU,),
    "squeeze-excite": (RELU, squeeze_excite, RELU, squeeze_excite, RELU),
    "LayerNorm, GELU": (conv(),) + (pre_norm,) * 3,
    "attention": (RELU, RELU, down, attention),
    "transformer": (conv(4, stride=4), transformer, transformer),
}
