"""Maximum and average over windows of any rank, with PyTorch's rounding at the far border."""

from __future__ import annotations

import numpy as np
from jax import lax

from jaxrf.frameworks.torch.ops.pooling_indices import lowest, maximum_positions
from jaxrf.frameworks.torch.ops.registry import each, op


def _outputs(length: int, k: int, s: int, p: int, d: int, ceil: bool) -> int:
    """Number of windows; under ``ceil`` the last may hang over, but must start inside."""
    room = length + 2 * p - d * (k - 1) - 1
    count = (room + (s - 1 if ceil else 0)) // s + 1
    return count - 1 if ceil and (count - 1) * s >= length + p else count


def _windows(x, rank: int, size, stride, padding, dilation, ceil_mode: bool, identity, combine):
    """``lax.reduce_window`` over the last ``rank`` axes."""
    pads = []
    for n, k, s, p, d in zip(x.shape[-rank:], size, stride, padding, dilation, strict=True):
        needed = (_outputs(n, k, s, p, d, ceil_mode) - 1) * s + d * (k - 1) + 1 - n - p
        pads.append((p, max(needed, 0)))
    still = (1,) * (x.ndim - rank)
    return lax.reduce_window(
        x,
        identity,
        combine,
        still + size,
        still + stride,
        [(0, 0)] * (x.ndim - rank) + pads,
        window_dilation=still + dilation,
    )


def _max_pool(rank: int):
    def max_pool(x, kernel_size, stride=(), padding=0, dilation=1, ceil_mode=False):
        """The maximum of every window."""
        size = each(kernel_size, rank)
        stride = each(stride, rank) if stride else size
        padding, dilation = each(padding, rank), each(dilation, rank)
        low = lowest(x.dtype)
        return _windows(x, rank, size, stride, padding, dilation, ceil_mode, low, lax.max)

    return max_pool


def _max_pool_with_indices(rank: int):
    pool = _max_pool(rank)

    def max_pool(x, kernel_size, stride=(), padding=0, dilation=1, ceil_mode=False):
        """The maximum of every window, and where in the flat image it was."""
        y = pool(x, kernel_size, stride, padding, dilation, ceil_mode)
        size = each(kernel_size, rank)
        stride = each(stride, rank) if stride else size
        tables = []
        for n, k, s, p, d in zip(
            y.shape[-rank:], size, stride, each(padding, rank), each(dilation, rank), strict=True
        ):
            tables.append(np.arange(n)[:, None] * s - p + np.arange(k) * d)
        return y, maximum_positions(x, tables)

    return max_pool


def _avg_pool(rank: int):
    def avg_pool(
        x,
        kernel_size,
        stride=(),
        padding=0,
        ceil_mode=False,
        count_include_pad=True,
        divisor_override=None,
    ):
        """The sum of every window over the number of its elements, padding counted or not."""
        size = each(kernel_size, rank)
        stride = each(stride, rank) if stride else size
        padding = each(padding, rank)
        zero = np.zeros((), x.dtype)[()]
        total = _windows(x, rank, size, stride, padding, (1,) * rank, ceil_mode, zero, lax.add)
        if divisor_override:
            return total / divisor_override
        counts = np.ones((), int)
        for axis, n in enumerate(x.shape[-rank:]):
            k, s, p = size[axis], stride[axis], padding[axis]
            start = np.arange(total.shape[axis - rank]) * s - p
            first, last = (start, n + p) if count_include_pad else (np.maximum(start, 0), n)
            counts = counts[..., None] * (np.minimum(start + k, last) - first)
        return total / counts.astype(x.dtype)

    return avg_pool


for _rank in (1, 2, 3):
    op(f"max_pool{_rank}d")(_max_pool(_rank))
    op(f"max_pool{_rank}d_with_indices")(_max_pool_with_indices(_rank))
    op(f"avg_pool{_rank}d")(_avg_pool(_rank))
