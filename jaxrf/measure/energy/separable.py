"""Separable arrays and windows: filters that are applied axis by axis as matrices."""

from __future__ import annotations

import numpy as np

__all__ = ["separable_factors", "window_matrix"]

_ROUNDING = 1e-5  # of the largest element; kernels come in float32


def separable_factors(array: np.ndarray) -> list[np.ndarray] | None:
    """One vector per axis whose outer product is the array; None where it is not separable.

    >>> [line.tolist() for line in separable_factors(np.array([[1.0, 2.0], [2.0, 4.0]]))]
    [[2.0, 4.0], [0.5, 1.0]]
    """
    array = np.asarray(array, np.float64)
    peak = np.unravel_index(np.abs(array).argmax(), array.shape)
    largest = array[peak]
    if largest == 0:
        return [np.zeros(n) for n in array.shape]
    lines = []
    for axis in range(array.ndim):
        index = tuple(slice(None) if d == axis else p for d, p in enumerate(peak))
        lines.append(array[index] / (1.0 if axis == 0 else largest))
    outer = np.ones(())
    for line in lines:
        outer = np.multiply.outer(outer, line)
    return lines if np.abs(outer - array).max() <= _ROUNDING * abs(largest) else None


def window_matrix(
    length: int,
    outputs: int,
    taps: np.ndarray,
    *,
    stride: int = 1,
    low: int = 0,
    spacing: int = 1,
    holes: int = 1,
) -> np.ndarray:
    """The matrix [outputs, length] of a windowed sum along one axis.

    Args:
        length: of the axis.
        outputs: number of windows.
        taps: weight of each position in the window.
        stride: between windows.
        low: padding in front.
        spacing: dilation of the window.
        holes: dilation of the input (transposed convolution).
    """
    matrix = np.zeros((outputs, length))
    for t, tap in enumerate(taps):
        place = np.arange(outputs) * stride - low + t * spacing
        inside = (place >= 0) & (place % holes == 0) & (place // holes < length)
        matrix[np.flatnonzero(inside), place[inside] // holes] += tap
    return matrix
