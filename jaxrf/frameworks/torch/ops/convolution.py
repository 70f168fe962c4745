"""Convolution of any rank, plain and transposed, channels first."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import lax

from jaxrf.frameworks.torch.ops.registry import each, op, together


@op("conv1d", "conv2d", "conv3d")
def conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A convolution; ``padding`` is "valid", "same", or one integer per axis."""
    rank = weight.ndim - 2
    dilation = each(dilation, rank)
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        pads = [(total // 2, total - total // 2) for total in totals]
    else:
        pads = [(p, p) for p in each(0 if padding == "valid" else padding, rank)]
    return _convolve(x, weight, bias, each(stride, rank), pads, dilation, (1,) * rank, groups)


@op("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def conv_transpose(
    x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """The transpose of a convolution: the flipped kernel over the dilated input."""
    rank = weight.ndim - 2
    dilation = each(dilation, rank)
    pads = []
    for p, extra, d, k in zip(
        each(padding, rank), each(output_padding, rank), dilation, weight.shape[2:], strict=True
    ):
        reach = d * (k - 1) - p
        pads.append((reach, reach + extra))
    kernel = weight.reshape(groups, weight.shape[0] // groups, *weight.shape[1:])
    kernel = jnp.swapaxes(kernel, 1, 2)
    kernel = kernel.reshape(-1, *kernel.shape[2:])
    kernel = jnp.flip(kernel, tuple(range(2, 2 + rank)))
    return _convolve(x, kernel, bias, (1,) * rank, pads, dilation, each(stride, rank), groups)


@op("convolution")
def convolution(x, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
    """Either of the two, as PyTorch's backends see them."""
    if transposed:
        return conv_transpose(x, weight, bias, stride, padding, output_padding, groups, dilation)
    return conv(x, weight, bias, stride, padding, dilation, groups)


def _convolve(x, weight, bias, stride, pads: Sequence, dilation, base_dilation, groups):
    """``lax`` in PyTorch's layout; an input without a batch axis gets one."""
    x, weight = together(x, weight)
    single = x.ndim == weight.ndim - 1
    y = lax.conv_general_dilated(
        x[None] if single else x,
        weight,
        stride,
        pads,
        lhs_dilation=base_dilation,
        rhs_dilation=dilation,
        feature_group_count=groups,
    )
    if bias is not None:
        y = y + bias.reshape((-1,) + (1,) * (weight.ndim - 2))
    return y[0] if single else y
