"""Steps of random networks that lay maps out anew: heads, tiles, rings, tokens, scans of a grid.

Their fields have laws in pieces, across borders, or in two periodicities along one dimension: what
a summary is most easily wrong about. A step is a function ``(x, open) -> x``, as in
:mod:`randomnets`.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from jax import lax

from tests.helpers.randomsteps import Step

__all__ = ["LAYOUTS", "layout_step"]

LAYOUTS = """
heads heads ring tiles circular raster tokens flat adaptive dilated_transpose spectral
""".split()


def _blur(x, axis, width, left):
    """The sum of ``width`` neighbours, zeros beyond the border."""
    sides = [(0, 0)] * x.ndim
    sides[axis] = (left, width - 1 - left)
    padded = jnp.pad(x, sides)
    length = x.shape[axis]
    return sum(lax.slice_in_dim(padded, i, i + length, axis=axis) for i in range(width))


def _heads(levels, width):
    """Maps of ever coarser levels, each in a row, one after the other."""

    def run(x, open):
        rows = []
        for _ in range(levels):
            y = x
            for axis in range(1, x.ndim - 1):
                y = _blur(y, axis, width, width // 2)
            rows.append(y.reshape(1, -1, x.shape[-1]))
            x = y[(slice(None), *(slice(None, None, 2),) * (x.ndim - 2))]
        return jnp.concatenate(rows, 1)

    return Step(f"heads({levels} levels, width {width})", run)


def _ring(axis, reach):
    """Neighbours by a table of indices that comes round again."""

    def run(x, open):
        n = x.shape[axis]
        table = (np.arange(n)[:, None] + np.array(reach)) % n
        return jnp.take(x, table, axis).sum(axis + 1)

    return Step(f"ring({reach}, axis {axis})", run)


def _tiles(axis, count, halo, width):
    """Tiles side by side, each worked out on its own, with a halo that may be too small."""

    def run(x, open):
        sides = [(0, 0)] * x.ndim
        sides[axis] = (halo, halo)
        padded, size = jnp.pad(x, sides), x.shape[axis] // count
        tiles = []
        for t in range(count):
            tile = lax.slice_in_dim(padded, t * size, (t + 1) * size + 2 * halo, axis=axis)
            done = _blur(tile, axis, width, width // 2)
            tiles.append(lax.slice_in_dim(done, halo, halo + size, axis=axis))
        return jnp.concatenate(tiles, axis)

    return Step(f"tiles({count}, halo {halo}, width {width}, axis {axis})", run)


def _circular(axis, before, after, width):
    def run(x, open):
        sides = [(0, 0)] * x.ndim
        sides[axis] = (before, after)
        return _blur(jnp.pad(x, sides, mode="wrap"), axis, width, width // 2)

    return Step(f"circular({before}, {after}, width {width}, axis {axis})", run)


def _raster(reverse, columns):
    """A cumulative sum over all pixels of a grid, row by row, or column by column."""

    def run(x, open):
        turned = jnp.swapaxes(x, 1, x.ndim - 2) if columns else x
        row = lax.cumsum(turned.reshape(1, -1, x.shape[-1]), 1, reverse).reshape(turned.shape)
        return jnp.swapaxes(row, 1, x.ndim - 2) if columns else row

    return Step(f"raster({reverse=}, {columns=})", run)


def _tokens(size, keep):
    """Mixing inside windows, added to a row of tokens; kept as tokens, or a map again."""

    def run(x, open):
        n, *space, c = x.shape
        split = [k for length in space for k in (length // size, size)]
        rank = len(space)
        order = [*range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2)]
        windows = x.reshape(n, *split, c).transpose(0, *order, 2 * rank + 1)
        shape = windows.shape
        mixed = windows.reshape(-1, size**rank, c)
        mixed = jnp.broadcast_to(mixed.sum(1, keepdims=True), mixed.shape).reshape(shape)
        back = [d for a in range(rank) for d in (1 + a, 1 + rank + a)]
        mixed = mixed.transpose(0, *back, 2 * rank + 1).reshape(n, -1, c)
        row = x.reshape(n, -1, c) + mixed
        return row if keep else row.reshape(x.shape)

    return Step(f"tokens(windows of {size}, {keep=})", run)


def _flat(x, open):
    return (x.reshape(x.shape[0], -1) + 1).reshape(x.shape)


def _adaptive(axis, outputs):
    """Means over windows that divide an axis as evenly as they can."""

    def run(x, open):
        n, i = x.shape[axis], np.arange(outputs)
        first, stop = i * n // outputs, -(-(i + 1) * n // outputs)
        parts = [lax.slice_in_dim(x, a, b, axis=axis) for a, b in zip(first, stop, strict=True)]
        return jnp.concatenate([p.mean(axis, keepdims=True) for p in parts], axis)

    return Step(f"adaptive({outputs}, axis {axis})", run)


def _wrapped_transpose(axis, width):
    """Up by two with ``width`` taps; what leaves the map comes in at the other end."""

    def run(x, open):
        n, up = 2 * x.shape[axis], jnp.repeat(x, 2, axis)
        sides = [(0, 0)] * x.ndim
        sides[axis] = (width - 1, width - 1)
        padded = jnp.pad(up, sides)
        length = n + width - 1
        full = sum(lax.slice_in_dim(padded, i, i + length, axis=axis) for i in range(width))
        tail = lax.slice_in_dim(full, n, length, axis=axis)
        sides[axis] = (0, n - tail.shape[axis])
        return lax.slice_in_dim(full, 0, n, axis=axis) + jnp.pad(tail, sides)

    return Step(f"wrapped_transpose(width {width}, axis {axis})", run)


def _spectral(axis):
    """All to all through the frequencies of one axis."""

    def run(x, open):
        spectrum = jnp.fft.rfft(x, axis=axis)
        filtered = jnp.fft.irfft(jnp.abs(spectrum) + spectrum, x.shape[axis], axis=axis)
        return x + filtered.astype(x.dtype)

    return Step(f"spectral(axis {axis})", run)


@st.composite
def layout_step(draw, kind: str, shape: tuple[int, ...], largest: int) -> Step:
    """A step of one of the kinds in ``LAYOUTS`` that fits a feature map of ``shape``."""
    space, rank = shape[1:-1], len(shape) - 2
    axis = draw(st.integers(1, rank))
    length = shape[axis]
    width = draw(st.integers(2, 4))
    if kind == "heads":
        return _heads(draw(st.integers(2, 3)), width)
    if kind == "ring":
        return _ring(axis, draw(st.lists(st.integers(-3, 3), min_size=1, max_size=4, unique=True)))
    if kind == "tiles":
        counts = [n for n in range(2, length) if length % n == 0] or [1]
        return _tiles(axis, draw(st.sampled_from(counts)), draw(st.integers(0, 3)), width)
    if kind == "circular":
        return _circular(axis, draw(st.integers(0, 3)), draw(st.integers(0, 3)), width)
    if kind == "raster":
        return _raster(draw(st.booleans()), draw(st.booleans()))
    if kind == "tokens":
        sizes = [n for n in (1, 2, 3, 4, 5) if all(length % n == 0 for length in space)]
        return _tokens(draw(st.sampled_from(sizes)), draw(st.sampled_from([False, False, True])))
    if kind == "adaptive":
        return _adaptive(axis, draw(st.integers(2, length)))
    if kind == "dilated_transpose" and length <= largest // 2:
        return _wrapped_transpose(axis, width)
    if kind == "spectral":
        return _spectral(axis)
    return Step("flat", _flat)
