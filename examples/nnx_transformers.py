"""ViT and Swin in Flax NNX: attention over everything, and in shifted windows.

    jaxrf field examples/nnx_transformers.py:swin --factory --shape 1,224,224,3

Images are channels last; :mod:`nnx_nets` lists them with the rest.
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx


class Encoder(nnx.Module):
    """Pre-norm transformer block."""

    def __init__(self, width, heads, *, rngs):
        self.norm1, self.norm2 = (nnx.LayerNorm(width, rngs=rngs) for _ in range(2))
        self.attention = nnx.MultiHeadAttention(heads, width, decode=False, rngs=rngs)
        self.up = nnx.Linear(width, 4 * width, rngs=rngs)
        self.down = nnx.Linear(4 * width, width, rngs=rngs)

    def __call__(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(nnx.gelu(self.up(self.norm2(x))))


class ViT(nnx.Module):
    """Dosovitskiy et al. 2021: a class token, and a map of patches out."""

    def __init__(self, size=224, patch=16, width=192, depth=12, heads=3, *, rngs):
        self.embed = nnx.Conv(3, width, (patch, patch), patch, padding="VALID", rngs=rngs)
        self.token = nnx.Param(jnp.zeros((1, 1, width)))
        self.position = nnx.Param(jnp.zeros((1, (size // patch) ** 2 + 1, width)))
        self.blocks = nnx.List([Encoder(width, heads, rngs=rngs) for _ in range(depth)])
        self.norm = nnx.LayerNorm(width, rngs=rngs)

    def __call__(self, x):
        x = self.embed(x)
        n, height, wide, c = x.shape
        token = jnp.broadcast_to(self.token[...], (n, 1, c))
        x = jnp.concatenate([token, x.reshape(n, -1, c)], 1) + self.position
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 1:].reshape(n, height, wide, c)


def offsets(window):
    """Index into the table of relative positions, of every pair of pixels of a window."""
    at = np.stack(np.meshgrid(*[np.arange(window)] * 2, indexing="ij"), -1).reshape(-1, 2)
    relative = at[:, None] - at[None] + window - 1
    return relative[..., 0] * (2 * window - 1) + relative[..., 1]


def windows(x, window):
    """[n, h, w, c] -> [n, windows, pixels, c]."""
    n, h, w, c = x.shape
    x = x.reshape(n, h // window, window, w // window, window, c).swapaxes(2, 3)
    return x.reshape(n, -1, window * window, c)


def apart(height, wide, window, shift):
    """Pairs of pixels of a shifted window that the roll brought together: [windows, p, p]."""
    image = np.zeros((1, height, wide, 1), int)
    edges = (slice(0, -window), slice(-window, -shift), slice(-shift, None))
    for i, rows in enumerate(edges):
        for j, columns in enumerate(edges):
            image[:, rows, columns] = 3 * i + j
    label = windows(image, window)[0, :, :, 0]
    return label[:, :, None] != label[:, None, :]


class SwinBlock(nnx.Module):
    """Attention in windows, shifted or not, with a bias by relative position."""

    def __init__(self, width, heads, window, shift, *, rngs):
        self.heads, self.window, self.shift = heads, window, shift
        self.norm1, self.norm2 = (nnx.LayerNorm(width, rngs=rngs) for _ in range(2))
        self.qkv = nnx.Linear(width, 3 * width, rngs=rngs)
        self.bias = nnx.Param(jnp.zeros(((2 * window - 1) ** 2, heads)))
        self.out = nnx.Linear(width, width, rngs=rngs)
        self.up = nnx.Linear(width, 4 * width, rngs=rngs)
        self.down = nnx.Linear(4 * width, width, rngs=rngs)

    def attend(self, x):
        """Self-attention within every window of an image."""
        n, height, wide, c = x.shape
        window, shift = self.window, self.shift
        qkv = windows(self.qkv(jnp.roll(x, (-shift, -shift), (1, 2))), window)
        q, k, v = jnp.split(qkv.reshape(*qkv.shape[:3], self.heads, -1), 3, -1)
        logits = jnp.einsum("nwqhc,nwkhc->nwhqk", q, k) + self.bias[offsets(window)].transpose(
            2, 0, 1
        )
        if shift:
            masked = apart(height, wide, window, shift)[None, :, None]
            logits = jnp.where(masked, -1e9, logits)
        x = jnp.einsum("nwhqk,nwkhc->nwqhc", jax.nn.softmax(logits), v)
        x = x.reshape(n, height // window, wide // window, window, window, c).swapaxes(2, 3)
        return self.out(jnp.roll(x.reshape(n, height, wide, c), (shift, shift), (1, 2)))

    def __call__(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.down(nnx.gelu(self.up(self.norm2(x))))


class Merge(nnx.Module):
    """Two by two pixels become one of twice the channels."""

    def __init__(self, width, *, rngs):
        self.norm = nnx.LayerNorm(4 * width, rngs=rngs)
        self.linear = nnx.Linear(4 * width, 2 * width, use_bias=False, rngs=rngs)

    def __call__(self, x):
        parts = [x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
        return self.linear(self.norm(jnp.concatenate(parts, -1)))


class Swin(nnx.Module):
    """Liu et al. 2021."""

    def __init__(self, size=224, window=7, depths=(2, 2, 6, 2), width=96, heads=3, *, rngs):
        self.embed = nnx.Conv(3, width, (4, 4), 4, padding="VALID", rngs=rngs)
        layers, grid = [nnx.LayerNorm(width, rngs=rngs)], size // 4
        for stage, depth in enumerate(depths):
            c, h = width << stage, heads << stage
            if stage:
                layers.append(Merge(c // 2, rngs=rngs))
            fits = min(window, grid >> stage)
            for n in range(depth):
                shift = fits // 2 if n % 2 and fits < grid >> stage else 0
                layers.append(SwinBlock(c, h, fits, shift, rngs=rngs))
        self.layers = nnx.Sequential(*layers)

    def __call__(self, x):
        return self.layers(self.embed(x))


def swin():
    """Swin-T with weights."""
    return Swin(rngs=nnx.Rngs(0))
