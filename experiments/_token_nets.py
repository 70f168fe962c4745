"""Three networks of tokens that differ in nothing but how tokens are mixed.

Patches of ``PATCH`` pixels, then pre-norm blocks: a mixer of tokens and two linear layers of four
times the width, each with its shortcut. The mixers are those of ViT (attention over everything,
Dosovitskiy et al. 2021), of Swin (attention in windows, every second block shifted by half a
window, Liu et al. 2021) and of ConvNeXt (depthwise 7x7, Liu et al. 2022).
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

PATCH = 8  # pixels
WINDOW = 4  # tokens
KERNEL = 7  # tokens
WIDTH = 64
HEADS = 4


class Attention(nn.Module):
    """Self-attention of [n, tokens, c]; ``apart`` [windows, t, t] keeps pairs from each other."""

    apart: np.ndarray | None = None

    @nn.compact
    def __call__(self, x):
        n, tokens, c = x.shape
        qkv = nn.Dense(3 * c, name="qkv")(x)
        q, k, v = jnp.split(qkv.reshape(n, tokens, 3 * HEADS, -1), 3, 2)
        logits = jnp.einsum("nqhc,nkhc->nhqk", q, k) / (c // HEADS) ** 0.5
        if self.apart is not None:
            masked = np.tile(self.apart, (n // len(self.apart), 1, 1))[:, None]
            logits = jnp.where(masked, -jnp.inf, logits)
        y = jnp.einsum("nhqk,nkhc->nqhc", jax.nn.softmax(logits), v).reshape(n, tokens, c)
        return nn.Dense(c, name="out")(y)


class Everything(nn.Module):
    """Attention over all tokens of a map."""

    number: int

    @nn.compact
    def __call__(self, x):
        n, height, wide, c = x.shape
        y = Attention(name="attention")(x.reshape(n, height * wide, c))
        return y.reshape(x.shape)


class Windows(nn.Module):
    """Attention in windows, shifted in every second block."""

    number: int

    @nn.compact
    def __call__(self, x):
        _, height, wide, _ = x.shape
        shift = WINDOW // 2 * (self.number % 2)
        apart = _apart(height, wide, shift) if shift else None
        x = jnp.roll(x, (-shift, -shift), (1, 2))
        y = _cut(Attention(apart, name="attention"), x)
        return jnp.roll(y, (shift, shift), (1, 2))


class Depthwise(nn.Module):
    """A 7x7 convolution of every channel by itself."""

    number: int

    @nn.compact
    def __call__(self, x):
        c = x.shape[-1]
        return nn.Conv(c, (KERNEL, KERNEL), feature_group_count=c, name="conv")(x)


MIXERS = {"ViT-like": Everything, "Swin-like": Windows, "ConvNeXt-like": Depthwise}


class Block(nn.Module):
    """A mixer and two linear layers, each with its shortcut."""

    mixer: str
    number: int

    @nn.compact
    def __call__(self, x):
        x = x + MIXERS[self.mixer](self.number, name="mixer")(nn.LayerNorm()(x))
        y = nn.Dense(4 * WIDTH, name="up")(nn.LayerNorm()(x))
        return x + nn.Dense(WIDTH, name="down")(nn.gelu(y))


class Net(nn.Module):
    """Images [n, h, w, 3] -> tokens [n, h / PATCH, w / PATCH, WIDTH]; blocks are end-points.

    Attributes:
        mixer: of ``MIXERS``.
        depth: blocks.
    """

    mixer: str
    depth: int

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(WIDTH, (PATCH, PATCH), PATCH, padding="VALID", name="patches")(x)
        for number in range(self.depth):
            x = Block(self.mixer, number, name=f"block{number + 1}")(x)
        return x


def _cut(mix, x):
    """Mix the tokens of every window of a map."""
    n, height, wide, c = x.shape
    rows, columns = height // WINDOW, wide // WINDOW
    x = x.reshape(n, rows, WINDOW, columns, WINDOW, c).swapaxes(2, 3)
    y = mix(x.reshape(n * rows * columns, WINDOW * WINDOW, c))
    return y.reshape(n, rows, columns, WINDOW, WINDOW, c).swapaxes(2, 3).reshape(n, height, wide, c)


def _apart(height, wide, shift):
    """Pairs of tokens that the roll brought into one window: [windows, t, t]."""
    place = np.zeros((height, wide), int)
    for axis, length in enumerate((height, wide)):
        wrapped = np.arange(length) >= length - shift
        place += (2**axis) * (wrapped[:, None] if axis == 0 else wrapped[None])
    blocks = place.reshape(height // WINDOW, WINDOW, wide // WINDOW, WINDOW).swapaxes(1, 2)
    labels = blocks.reshape(-1, WINDOW * WINDOW)
    return labels[:, :, None] != labels[:, None, :]
