"""Receptive fields of the tables of zoo networks, counted by hand."""

from jaxrf.zoo.rows import AvgPool, Concat, Conv, Group, MaxPool, Norm, Residual

__all__ = ["size_and_stride"]


def size_and_stride(rows, axis, size=1, stride=1):
    """Along the longest path, row by row: r += (k - 1) S, S *= s."""
    for row in rows:
        match row:
            case Conv() | MaxPool() | AvgPool():
                kernel = row.kernel[axis] if isinstance(row.kernel, tuple) else row.kernel
                size, stride = size + (kernel - 1) * stride, stride * row.stride
            case Norm():
                pass
            case Group():
                size, stride = size_and_stride(row.rows, axis, size, stride)
            case Concat():
                size, stride = longest([(r,) for r in row.rows], axis, size, stride)
            case Residual():
                size, stride = size_and_stride(row.before, axis, size, stride)
                size, stride = longest([row.shortcut, row.body], axis, size, stride)
    return size, stride


def longest(branches, axis, size, stride):
    """The largest size of several branches, of one stride."""
    sizes, strides = zip(*(size_and_stride(b, axis, size, stride) for b in branches), strict=True)
    assert len(set(strides)) == 1, "all paths have the same stride"
    return max(sizes), strides[0]
