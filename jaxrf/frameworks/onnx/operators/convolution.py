"""Convolution and its transpose, 1-D to 3-D, channels first."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.onnx.operators.windows import windows
from jaxrf.frameworks.onnx.registry import NodeView, operator

__all__ = ["conv", "convolve"]


@operator("Conv")
def conv(node: NodeView, x, kernel, bias=None):
    """Windows of W [out, in / groups, *kernel] over X [batch, in, *space]."""
    return _biased(convolve(node, x, kernel), bias)


def convolve(node: NodeView, x, kernel) -> jax.Array:
    """The convolution of a node without its bias, in the wider of both types."""
    x, kernel = _same_type(x, kernel)
    w = windows(node, x.shape[2:], kernel.shape[2:])
    return lax.conv_general_dilated(
        x,
        kernel,
        w.stride,
        w.padding,
        rhs_dilation=w.dilation,
        feature_group_count=node.get("group", 1),
    )


@operator("ConvTranspose")
def conv_transpose(node: NodeView, x, kernel, bias=None):
    """W [in, out / groups, *kernel], flipped, over X with stride - 1 zeros between its elements."""
    x, kernel = _same_type(x, kernel)
    rank, groups = x.ndim - 2, node.get("group", 1)
    sizes = kernel.shape[2:]
    stride = tuple(node.get("strides", (1,) * rank))
    dilation = tuple(node.get("dilations", (1,) * rank))
    extra = tuple(node.get("output_padding", (0,) * rank))
    spans = [d * (k - 1) + 1 for k, d in zip(sizes, dilation, strict=True)]
    padding = [
        (span - 1 - low, span - 1 - high + more)
        for span, (low, high), more in zip(
            spans, _cropped(node, x.shape[2:], spans, stride, extra), extra, strict=True
        )
    ]
    grouped = jnp.reshape(kernel, (groups, kernel.shape[0] // groups, *kernel.shape[1:]))
    swapped = jnp.swapaxes(grouped, 1, 2).reshape(-1, kernel.shape[0] // groups, *sizes)
    out = lax.conv_general_dilated(
        x,
        lax.rev(swapped, tuple(range(2, rank + 2))),
        (1,) * rank,
        padding,
        lhs_dilation=stride,
        rhs_dilation=dilation,
        feature_group_count=groups,
    )
    return _biased(out, bias)


def _cropped(node, lengths, spans, stride, extra) -> list[tuple[int, int]]:
    """(before, after) cut off the full result, per axis."""
    rank, auto = len(lengths), node.get("auto_pad", "NOTSET")
    wanted = node.get("output_shape")
    if wanted is None and auto in ("SAME_UPPER", "SAME_LOWER"):
        wanted = [n * s for n, s in zip(lengths, stride, strict=True)]
    if wanted is None:
        pads = (0,) * 2 * rank if auto == "VALID" else tuple(node.get("pads", (0,) * 2 * rank))
        return list(zip(pads[:rank], pads[rank:], strict=True))
    cut = []
    for n, span, s, more, m in zip(lengths, spans, stride, extra, wanted[-rank:], strict=True):
        total = s * (n - 1) + more + span - m
        half = total // 2
        cut.append((half, total - half) if auto == "SAME_UPPER" else (total - half, half))
    return cut


def _same_type(x, kernel) -> tuple[jax.Array, jax.Array]:
    dtype = jnp.promote_types(x.dtype, kernel.dtype)
    return jnp.asarray(x, dtype), jnp.asarray(kernel, dtype)


def _biased(out: jax.Array, bias) -> jax.Array:
    if bias is None:
        return out
    return out + jnp.reshape(bias, (-1, *np.ones(out.ndim - 2, int)))
