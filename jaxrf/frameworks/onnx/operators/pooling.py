"""Pooling: windows over the spatial axes, or all of them."""

from __future__ import annotations

from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.onnx.operators.windows import Windows, windows
from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator

__all__ = ["average_pool"]


@operator("MaxPool")
def max_pool(node: NodeView, x):
    """The largest element of each window."""
    if node.outputs > 1:
        raise Unmapped("the indices of MaxPool")
    w = _windows(node, x)
    least = -jnp.inf if jnp.issubdtype(x.dtype, jnp.inexact) else jnp.iinfo(x.dtype).min
    return _slide(x, w, lax.max, least)


@operator("AveragePool")
def average_pool(node: NodeView, x):
    """The mean over each window; ``count_include_pad`` counts padding as zeros."""
    w = _windows(node, x)
    counts = _counts(w, x.shape[2:], bool(node.get("count_include_pad", 0)))
    return _slide(x, w, lax.add, 0) / jnp.asarray(counts, x.dtype)


@operator("LpPool")
def lp_pool(node: NodeView, x):
    """The p-norm of each window."""
    p = node.get("p", 2)
    return _slide(jnp.abs(x) ** p, _windows(node, x), lax.add, 0) ** (1 / p)


@operator("GlobalAveragePool")
def global_average_pool(node: NodeView, x):
    """The mean over all spatial axes."""
    return jnp.mean(x, tuple(range(2, x.ndim)), keepdims=True)


@operator("GlobalMaxPool")
def global_max_pool(node: NodeView, x):
    """The largest element over all spatial axes."""
    return jnp.max(x, tuple(range(2, x.ndim)), keepdims=True)


@operator("GlobalLpPool")
def global_lp_pool(node: NodeView, x):
    """The p-norm over all spatial axes."""
    p = node.get("p", 2)
    return jnp.sum(jnp.abs(x) ** p, tuple(range(2, x.ndim)), keepdims=True) ** (1 / p)


def _windows(node: NodeView, x) -> Windows:
    return windows(node, x.shape[2:], tuple(node.get("kernel_shape")))


def _slide(x, w: Windows, combine, initial) -> jax.Array:
    out = lax.reduce_window(
        x,
        np.asarray(initial, x.dtype)[()],
        combine,
        (1, 1, *w.kernel),
        (1, 1, *w.stride),
        ((0, 0), (0, 0), *w.covering(x.shape[2:])),
        window_dilation=(1, 1, *w.dilation),
    )
    return out[(slice(None), slice(None), *(slice(m) for m in w.output))]


def _counts(w: Windows, lengths: tuple[int, ...], padding: bool) -> np.ndarray:
    """Number of elements that each window counts, [*output]; beyond the padding none do."""
    axes = []
    for n, k, s, d, (low, high), m in zip(
        lengths, w.kernel, w.stride, w.dilation, w.padding, w.output, strict=True
    ):
        taps = np.arange(m)[:, None] * s - low + np.arange(k) * d
        first, last = (-low, n + high) if padding else (0, n)
        axes.append(((taps >= first) & (taps < last)).sum(1))
    return reduce(np.multiply.outer, axes)
