"""Sliding windows as an axis of their own, and back: unfold, im2col, col2im."""

from __future__ import annotations

from itertools import product
from math import prod

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.torch.ops.registry import each, op


@op("unfold", "unfold_copy")
def unfold(x, dimension, size, step):
    """Windows along one axis; what is in a window becomes the last axis."""
    count = (x.shape[dimension] - size) // step + 1
    taps = [
        lax.slice_in_dim(x, i, i + (count - 1) * step + 1, step, dimension) for i in range(size)
    ]
    return jnp.stack(taps, -1)


@op("im2col")
def im2col(x, kernel_size, dilation, padding, stride):
    """Every window as a column: [N, C, H, W] to [N, C kh kw, windows]."""
    if x.ndim == 3:
        return im2col(x[None], kernel_size, dilation, padding, stride)[0]
    size, dilation, padding, stride = (each(v, 2) for v in (kernel_size, dilation, padding, stride))
    x = lax.pad(x, np.zeros((), x.dtype)[()], [(0, 0, 0)] * 2 + [(p, p, 0) for p in padding])
    counts = _counts(x.shape[2:], size, dilation, stride)
    taps = []
    for tap in product(*map(range, size)):
        start = [t * d for t, d in zip(tap, dilation, strict=True)]
        stop = [a + (n - 1) * s + 1 for a, n, s in zip(start, counts, stride, strict=True)]
        taps.append(lax.slice(x, (0, 0, *start), (*x.shape[:2], *stop), (1, 1, *stride)))
    columns = jnp.stack(taps, 2)
    return columns.reshape(x.shape[0], x.shape[1] * prod(size), prod(counts))


@op("col2im")
def col2im(x, output_size, kernel_size, dilation, padding, stride):
    """The sum of all columns, each at its window: the transpose of ``im2col``."""
    if x.ndim == 2:
        return col2im(x[None], output_size, kernel_size, dilation, padding, stride)[0]
    size, dilation, padding, stride = (each(v, 2) for v in (kernel_size, dilation, padding, stride))
    padded = [n + 2 * p for n, p in zip(output_size, padding, strict=True)]
    counts = _counts(padded, size, dilation, stride)
    taps = x.reshape(x.shape[0], -1, *size, *counts)
    total = None
    for tap in product(*map(range, size)):
        config = [(0, 0, 0), (0, 0, 0)]
        for t, d, p, s, n, length in zip(
            tap, dilation, padding, stride, counts, output_size, strict=True
        ):
            low = t * d - p
            config.append((low, length - low - (n - 1) * s - 1, s - 1))
        piece = lax.pad(taps[:, :, tap[0], tap[1]], np.zeros((), x.dtype)[()], config)
        total = piece if total is None else total + piece
    return total


def _counts(lengths, size, dilation, stride) -> list[int]:
    """Number of windows per axis."""
    axes = zip(lengths, size, dilation, stride, strict=True)
    return [(n - d * (k - 1) - 1) // s + 1 for n, k, d, s in axes]
