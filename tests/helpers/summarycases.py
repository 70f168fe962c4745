"""Small networks whose summary is easily wrong, with what it must say.

Each is a situation of its own: maps of several levels in one row, tiles, rings, scans of a grid,
tokens, norms over channels and space together. The right answers are counted by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

__all__ = ["CASES", "Summary"]


@dataclass(frozen=True)
class Summary:
    """What the summary of a network must say, per spatial axis.

    Attributes:
        name: of the case.
        f: the network.
        shape: of its input.
        size: r; None where no single one is true.
        stride: S; None where there is no law.
        padding: P; ... where it is not asked about.
        sees_all: whether some operation sees the whole axis.
        counts: number of outputs; ... where it is not asked about.
    """

    name: str
    f: Callable
    shape: tuple[int, ...]
    size: tuple[int | None, ...]
    stride: tuple[Any, ...]
    padding: Any = ...
    sees_all: tuple[bool, ...] | None = None
    counts: Any = ...


def conv(x, kernel, stride=1, padding="SAME", channels=None):
    rank, c = x.ndim - 2, x.shape[-1]
    letters = "HWD"[:rank]
    numbers = (f"N{letters}C", f"{letters}IO", f"N{letters}C")
    w = jnp.ones((kernel,) * rank + (c, channels or c), x.dtype)
    return lax.conv_general_dilated(x, w, (stride,) * rank, padding, dimension_numbers=numbers)


def heads(flat):
    """Detector heads at strides 2, 4 and 8: fields of 7, 15 and 31."""

    def f(x):
        maps = []
        for _ in range(3):
            x = conv(x, 3, 2)
            maps.append(conv(x, 3))
        return jnp.concatenate([m.reshape(1, -1, m.shape[-1]) if flat else m for m in maps], 1)

    return f


def fine_beside_coarse(x):
    """A map that reads single pixels, and one that reads 40 around every eighth."""
    coarse = jnp.pad(x.reshape(1, 8, 8, 1).sum(2), ((0, 0), (2, 2), (0, 0)))
    return jnp.concatenate([x, sum(coarse[:, i : i + 8] for i in range(5))], 1)


def scanned(x):
    """A linear recurrence by doubling, as Mamba and S5 have it in JAX."""
    gates = jax.nn.sigmoid(x)
    return lax.associative_scan(lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1]), (gates, x), axis=1)[
        1
    ]


def tiles(halo):
    def f(x):
        padded, n = jnp.pad(x, ((0, 0), (halo, halo), (0, 0))), x.shape[1] // 4
        done = [conv(padded[:, i * n : (i + 1) * n + 2 * halo], 3) for i in range(4)]
        return jnp.concatenate([d[:, halo : halo + n] for d in done], 1)

    return f


def adaptive(x):
    first, stop = np.arange(4) * 13 // 4, -(-(np.arange(4) + 1) * 13 // 4)
    return jnp.concatenate(
        [x[:, a:b].mean(1, keepdims=True) for a, b in zip(first, stop, strict=True)], 1
    )


def ring(x):
    n = x.shape[1]
    return x[:, (np.arange(n)[:, None] + np.arange(-1, 2)) % n].sum(2)


def wrapped_transpose(x):
    up = lax.conv_transpose(x, jnp.ones((4, 1, 1), x.dtype), (2,), "VALID",
                            dimension_numbers=("NHC", "HIO", "NHC"))  # fmt: skip
    n = 2 * x.shape[1]
    return up[:, :n].at[:, : up.shape[1] - n].add(up[:, n:])


def stretched(x):
    """Nearest neighbours from 2n - 1 to 2n pixels: a shift by one, but for row 0."""
    n = x.shape[1]
    return conv(x[:, np.arange(n + 1) * n // (n + 1)], 3)


def frames(x):
    """The magnitudes of a short-time Fourier transform: 8 samples every 4."""
    count = (x.shape[1] - 8) // 4 + 1
    cut = jnp.stack([x[:, 4 * i : 4 * i + 8, 0] for i in range(count)], 1)
    return jnp.abs(jnp.fft.rfft(cut, axis=2))


def gated(pool):
    def f(x):
        x = conv(x, 3)
        n, m = x.shape[1:3]
        seen = (
            lax.reduce_window(x, 0.0, lax.add, (1, n, m, 1), (1, 1, 1, 1), "VALID")
            if pool
            else x.mean((1, 2), keepdims=True)
        )
        return conv(x * jax.nn.sigmoid(seen), 3)

    return f


def raster(x):
    return scanned(x.reshape(1, -1, x.shape[-1])).reshape(x.shape)


def four_ways(x):
    """The scans of VMamba: rows and columns, forwards and backwards."""

    def both(row):
        return scanned(row) + scanned(row[:, ::-1])[:, ::-1]

    turned = x.swapaxes(1, 2)
    columns = both(turned.reshape(1, -1, x.shape[-1])).reshape(turned.shape).swapaxes(1, 2)
    return both(x.reshape(1, -1, x.shape[-1])).reshape(x.shape) + columns


def causal_grid(x):
    """A causal convolution over the pixels of a grid in a row, as image GPT sees them."""
    row = jnp.pad(x.reshape(1, -1, x.shape[-1]), ((0, 0), (2, 0), (0, 0)))
    return conv(row, 3, padding="VALID").reshape(x.shape)


def windows(rows, back=True):
    """3x3, mixing inside 4x4 windows with a residual on a map or on a row of tokens, 3x3."""

    def f(x):
        x = conv(x, 3)
        n, h, w, c = x.shape
        cut = x.reshape(n, h // 4, 4, w // 4, 4, c).swapaxes(2, 3)
        mixed = jnp.einsum("nwtc,ts->nwsc", cut.reshape(n, -1, 16, c), jnp.ones((16, 16)))
        mixed = mixed.reshape(cut.shape).swapaxes(2, 3).reshape(x.shape)
        if not rows:
            return conv(x + mixed, 3)
        row = x.reshape(n, h * w, c) + mixed.reshape(n, h * w, c)
        return conv(row.reshape(x.shape), 3) if back else row

    return f


def shifted_windows(x):
    """Two blocks of attention inside 4x4 windows, the second one shifted by 2; tokens in a row."""
    x = conv(x, 3)
    n, h, w, c = x.shape
    row = x.reshape(n, h * w, c)
    for shift in (0, 2):
        map_ = jnp.roll((row - row.mean(-1, keepdims=True)).reshape(x.shape), (-shift,) * 2, (1, 2))
        cut = map_.reshape(n, h // 4, 4, w // 4, 4, c).swapaxes(2, 3)
        tokens = cut.reshape(-1, 16, c)
        tokens = jax.nn.softmax(tokens @ tokens.swapaxes(1, 2)) @ tokens
        done = jnp.roll(tokens.reshape(cut.shape).swapaxes(2, 3).reshape(x.shape), (shift,) * 2,
                        (1, 2))  # fmt: skip
        row = row + done.reshape(row.shape)
    return row


def group_norm(channels_first):
    """Branches of 3x3 and 5x5 side by side, a norm over groups of channels and space, 3x3."""

    def f(x):
        x = jnp.concatenate([conv(x, 3, channels=4), conv(x, 5, channels=4)], -1)
        n, h, w, c = x.shape
        if channels_first:
            groups, axes = x.transpose(0, 3, 1, 2).reshape(n, 2, -1), 2
        else:
            groups, axes = x.reshape(n, h, w, 2, c // 2), (1, 2, 4)
        centred = groups - groups.mean(axes, keepdims=True)
        normed = centred * lax.rsqrt((centred**2).mean(axes, keepdims=True) + 1e-5)
        if channels_first:
            return conv(normed.reshape(n, c, h, w).transpose(0, 2, 3, 1), 3)
        return conv(normed.reshape(x.shape), 3)

    return f


def recurrent_columns(x):
    """3x3, flattened and back, a recurrence down every column, the mean of each row taken away."""
    x = conv(x, 3, channels=4)
    n, h, w, c = x.shape
    x = jnp.sin(x.transpose(0, 3, 1, 2).reshape(n, c, -1)).reshape(n, c, h, w)
    columns = x.transpose(0, 3, 2, 1).reshape(n * w, h, c).swapaxes(0, 1)
    _, states = lax.scan(lambda s, r: (jnp.tanh(s + r),) * 2, jnp.zeros((n * w, c)), columns)
    states = states.swapaxes(0, 1).reshape(n, w, h, c).transpose(0, 2, 1, 3)
    return states - states.mean(2, keepdims=True)


def global_filter(x):
    """Learned factors of all frequencies: everything sees everything, positions stay."""
    n = x.shape[1]
    factors = jnp.ones(n // 2 + 1)[:, None]
    return jnp.fft.irfft(jnp.abs(jnp.fft.rfft(x, axis=1)) * factors, n, axis=1)


def cropped_and_padded(x):
    return conv(conv(x, 3)[:, 4:-4], 3)


def wrap(x):
    return conv(jnp.pad(x, ((0, 0), (2, 2), (0, 0)), mode="wrap"), 5, padding="VALID")


def single(x):
    """One output, squeezed: nothing of the map is left to follow."""
    return conv(jnp.pad(x, ((0, 0), (1, 1), (0, 0))), 5, 4, "VALID", channels=3)[:, 0]


HALF, ONE = Fraction(1, 2), 1
CASES = [
    Summary("heads, side by side", heads(False), (1, 64, 1), (None,), (None,), (None,)),
    Summary("heads, flattened", heads(True), (1, 32, 32, 1), (None,) * 2, (None,) * 2),
    Summary("fine beside coarse", fine_beside_coarse, (1, 64, 1), (None,), (None,)),
    Summary("associative scan", scanned, (1, 48, 1), (None,), (None,), sees_all=(False,)),
    Summary("tiles that fit", tiles(1), (1, 64, 1), (3,), (1,), (1,)),
    Summary("adaptive pooling, 13 to 4", adaptive, (1, 13, 1), (4,), (3,), (0,), (False,)),
    Summary("a ring by indices", ring, (1, 16, 1), (3,), (1,), (1,), (False,)),
    Summary("a transposed convolution, wrapped", wrapped_transpose, (1, 16, 1), (2,), (HALF,), (1,),
            (False,)),
    Summary("stretched by one", stretched, (1, 31, 1), (3,), (1,), (2,)),
    Summary("frames", frames, (1, 64, 1), (8,), (4,), (0,), (False,)),
    Summary("squeeze and excite, a mean", gated(False), (1, 16, 16, 1), (5, 5), (1, 1), (2, 2),
            (True, True)),
    Summary("squeeze and excite, a window", gated(True), (1, 16, 16, 1), (5, 5), (1, 1), (2, 2),
            (True, True)),
    Summary("a scan of the pixels", raster, (1, 7, 9, 2), (None,) * 2, (None,) * 2,
            sees_all=(False, True), counts=(7, 9)),
    Summary("four scans of the pixels", four_ways, (1, 7, 9, 2), (None,) * 2, (None,) * 2,
            sees_all=(True, True), counts=(7, 9)),
    Summary("causal over the pixels", causal_grid, (1, 8, 8, 1), (2, 3), (1, 1), (1, 2),
            (False, False), (8, 8)),
    Summary("windows of a map", windows(False), (1, 32, 32, 3), (10, 10), (1, 1), (5, 5)),
    Summary("windows of tokens", windows(True), (1, 32, 32, 3), (10, 10), (1, 1), (5, 5)),
    Summary("windows, tokens kept", windows(True, back=False), (1, 32, 32, 3), (6, 6), (1, 1), ...,
            (False, False), (32, 32)),
    Summary("shifted windows, tokens kept", shifted_windows, (1, 16, 16, 2), (10, 10), (1, 1), ...,
            (False, False), (16, 16)),
    Summary("group norm", group_norm(False), (1, 32, 32, 1), (7, 7), (1, 1), (3, 3), (True, True)),
    Summary("group norm, merged", group_norm(True), (1, 32, 32, 1), (7, 7), (1, 1), (3, 3),
            (True, True)),
    Summary("recurrent columns", recurrent_columns, (1, 12, 5, 2), (None, 3), (None, 1),
            sees_all=(False, True), counts=(12, 5)),
    Summary("a global filter", global_filter, (1, 16, 1), (None,), (None,), sees_all=(True,),
            counts=(16,)),
    Summary("cropped and padded", cropped_and_padded, (1, 64, 1), (5,), (1,), (-2,)),
    Summary("wrapped around", wrap, (1, 32, 1), (5,), (1,), (2,), (False,)),
    Summary("a single output", single, (1, 6, 1), (5,), (None,), (1,), (False,)),
]  # fmt: skip
