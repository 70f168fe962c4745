"""ViT and Swin in Equinox: attention over everything, and in shifted windows.

    jaxrf field examples/equinox_transformers.py:swin --factory --shape 3,224,224

Images are channels first, without a batch; :mod:`equinox_nets` lists them with the rest.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Mlp(eqx.Module):
    """LayerNorm and two linear layers, of one token."""

    norm: eqx.nn.LayerNorm
    up: eqx.nn.Linear
    down: eqx.nn.Linear

    def __init__(self, width, *, key):
        one, two = jr.split(key)
        self.norm = eqx.nn.LayerNorm(width)
        self.up = eqx.nn.Linear(width, 4 * width, key=one)
        self.down = eqx.nn.Linear(4 * width, width, key=two)

    def __call__(self, x):
        return self.down(jax.nn.gelu(self.up(self.norm(x))))


class Encoder(eqx.Module):
    """Pre-norm transformer block over tokens [n, width]."""

    norm: eqx.nn.LayerNorm
    attention: eqx.nn.MultiheadAttention
    mlp: Mlp

    def __init__(self, width, heads, *, key):
        one, two = jr.split(key)
        self.norm = eqx.nn.LayerNorm(width)
        self.attention = eqx.nn.MultiheadAttention(heads, width, key=one)
        self.mlp = Mlp(width, key=two)

    def __call__(self, x):
        y = jax.vmap(self.norm)(x)
        x = x + self.attention(y, y, y)
        return x + jax.vmap(self.mlp)(x)


class ViT(eqx.Module):
    """Dosovitskiy et al. 2021: a class token, and a map of patches out."""

    embed: eqx.nn.Conv2d
    token: jax.Array
    position: jax.Array
    blocks: list[Encoder]
    norm: eqx.nn.LayerNorm

    def __init__(self, size=224, patch=16, width=192, depth=12, heads=3, *, key):
        one, *keys = jr.split(key, depth + 1)
        self.embed = eqx.nn.Conv2d(3, width, patch, patch, key=one)
        self.token = jnp.zeros((1, width))
        self.position = jnp.zeros(((size // patch) ** 2 + 1, width))
        self.blocks = [Encoder(width, heads, key=k) for k in keys]
        self.norm = eqx.nn.LayerNorm(width)

    def __call__(self, x):
        x = self.embed(x)
        shape = x.shape
        x = jnp.concatenate([self.token, x.reshape(shape[0], -1).T]) + self.position
        for block in self.blocks:
            x = block(x)
        return jax.vmap(self.norm)(x)[1:].T.reshape(shape)


def offsets(window):
    """Index into the table of relative positions, of every pair of pixels of a window."""
    row, column = np.divmod(np.arange(window**2), window)
    rows, columns = (a[:, None] - a + window - 1 for a in (row, column))
    return rows * (2 * window - 1) + columns


class SwinBlock(eqx.Module):
    """Attention in windows, shifted or not, with a bias by relative position."""

    norm: eqx.nn.LayerNorm
    qkv: eqx.nn.Linear
    out: eqx.nn.Linear
    mlp: Mlp
    bias: jax.Array
    window: int = eqx.field(static=True)
    shift: int = eqx.field(static=True)
    heads: int = eqx.field(static=True)

    def __init__(self, width, heads, window, shift, *, key):
        one, two, three = jr.split(key, 3)
        self.norm = eqx.nn.LayerNorm(width)
        self.qkv = eqx.nn.Linear(width, 3 * width, key=one)
        self.out = eqx.nn.Linear(width, width, key=two)
        self.mlp = Mlp(width, key=three)
        self.bias = jnp.zeros(((2 * window - 1) ** 2, heads))
        self.window, self.shift, self.heads = window, shift, heads

    def attend(self, x, masked):
        """Self-attention within one window, tokens [pixels, width]."""
        qkv = jax.vmap(self.qkv)(jax.vmap(self.norm)(x)).reshape(len(x), 3, self.heads, -1)
        q, k, v = qkv[:, 0], qkv[:, 1], qkv[:, 2]
        logits = jnp.einsum("qhc,khc->hqk", q, k) + jnp.moveaxis(
            self.bias[offsets(self.window)], -1, 0
        )
        logits = jnp.where(masked, -1e9, logits)
        y = jnp.einsum("hqk,khc->qhc", jax.nn.softmax(logits), v)
        return jax.vmap(self.out)(y.reshape(len(x), -1))

    def apart(self, height, wide):
        """Pairs of pixels that the roll brought together: [rows, columns, pixels, pixels]."""
        parts = [np.searchsorted([n - self.window, n - self.shift], np.arange(n), "right")
                 for n in (height, wide)]  # fmt: skip
        label = self.split((3 * parts[0][:, None] + parts[1])[None])[..., 0]
        return label[..., :, None] != label[..., None, :]

    def split(self, x):
        """[c, h, w] -> [rows, columns, pixels, c]."""
        c, h, w = x.shape
        x = x.reshape(c, h // self.window, self.window, w // self.window, self.window)
        return x.transpose(1, 3, 2, 4, 0).reshape(
            h // self.window, w // self.window, self.window**2, c
        )

    def __call__(self, x):
        c, h, w = x.shape
        y = self.split(jnp.roll(x, (-self.shift, -self.shift), (1, 2)))
        y = jax.vmap(jax.vmap(self.attend))(y, self.apart(h, w))
        y = y.reshape(h // self.window, w // self.window, self.window, self.window, c)
        y = y.transpose(4, 0, 2, 1, 3).reshape(c, h, w)
        x = x + jnp.roll(y, (self.shift, self.shift), (1, 2))
        mlp = jax.vmap(jax.vmap(self.mlp, 1, 1), 1, 1)
        return x + mlp(x)


class Merge(eqx.Module):
    """Two by two pixels become one of twice the channels."""

    norm: eqx.nn.LayerNorm
    linear: eqx.nn.Linear

    def __init__(self, width, *, key):
        self.norm = eqx.nn.LayerNorm(4 * width)
        self.linear = eqx.nn.Linear(4 * width, 2 * width, use_bias=False, key=key)

    def __call__(self, x):
        x = jnp.concatenate([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)])
        return jax.vmap(jax.vmap(self.pixel, 1, 1), 1, 1)(x)

    def pixel(self, x):
        """The new channels of one pixel, from those of four."""
        return self.linear(self.norm(x))


class Swin(eqx.Module):
    """Liu et al. 2021."""

    layers: list

    def __init__(self, size=224, window=7, depths=(2, 2, 6, 2), width=96, heads=3, *, key):
        first, *keys = jr.split(key, 1 + sum(depths) + len(depths))
        layers, grid = [eqx.nn.Conv2d(3, width, 4, 4, key=first)], size // 4
        for stage, depth in enumerate(depths):
            c, h = width << stage, heads << stage
            if stage:
                layers.append(Merge(c // 2, key=keys.pop()))
            fits = min(window, grid >> stage)
            for n in range(depth):
                shift = fits // 2 if n % 2 and fits < grid >> stage else 0
                layers.append(SwinBlock(c, h, fits, shift, key=keys.pop()))
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def swin():
    """Swin-T with weights."""
    return Swin(key=jr.key(0))
