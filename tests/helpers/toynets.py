"""Small networks as plain JAX functions: positive weights, so that the oracle's gradients speak."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

__all__ = ["attention", "conv", "grid_2d", "unet", "upsample_2", "window_attention"]


def conv(x, kernel=3, stride=1, pad="SAME", *, out=None, dilation=1):
    """Convolution over all spatial axes of [batch, space..., channels], all weights equal."""
    rank = x.ndim - 2
    w = jnp.full((*(kernel,) * rank, x.shape[-1], out or x.shape[-1]), 0.1, x.dtype)
    letters = "HWD"[:rank]
    return lax.conv_general_dilated(
        x,
        w,
        (stride,) * rank,
        pad if isinstance(pad, str) else [pad] * rank,
        rhs_dilation=(dilation,) * rank,
        dimension_numbers=(f"N{letters}C", f"{letters}IO", f"N{letters}C"),
    )


def max_pool(x):
    """2 x 2, stride 2."""
    window = (1, *(2,) * (x.ndim - 2), 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")


def upsample_2(x):
    """Transposed convolution, kernel 2, stride 2."""
    rank = x.ndim - 2
    w = jnp.full((*(2,) * rank, x.shape[-1], x.shape[-1]), 0.1, x.dtype)
    letters = "HWD"[:rank]
    numbers = (f"N{letters}C", f"{letters}IO", f"N{letters}C")
    return lax.conv_transpose(x, w, (2,) * rank, "VALID", dimension_numbers=numbers)


def unet(x):
    """One level, two 3x3 convolutions per stage: a field of 18 pixels in two phases."""
    skip = conv(conv(x))
    low = conv(conv(max_pool(skip)))
    return conv(conv(jnp.concatenate([skip, upsample_2(low)], -1), out=1))


def attention(x):
    """Residual self-attention over the tokens of [batch, tokens, channels]."""
    scores = jnp.einsum("bqc,bkc->bqk", x, x)
    return x + jnp.einsum("bqk,bkc->bqc", jax.nn.softmax(scores, -1), x)


def window_attention(x, window=4):
    """Attention inside windows of [batch, rows, columns, channels]."""
    n, h, w, c = x.shape
    tiles = x.reshape(n, h // window, window, w // window, window, c).transpose(0, 1, 3, 2, 4, 5)
    tokens = attention(tiles.reshape(-1, window * window, c))
    tiles = tokens.reshape(n, h // window, w // window, window, window, c)
    return tiles.transpose(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)


def grid_2d(mask):
    """A picture of a mask, for messages."""
    return "\n".join("".join(".#"[v] for v in row) for row in mask.astype(int))
