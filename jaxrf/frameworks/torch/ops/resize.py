"""Upsampling and resizing of every mode, axis by axis, exact to the tap.

Nearest neighbours are copied; the other modes are known matrices [out, in] whose zeros say which
inputs are not read. Positions are computed in float32, as PyTorch computes them: they decide which
neighbour is the nearest.
"""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.torch.ops.constant_arrays import along, keys_cubic
from jaxrf.frameworks.torch.ops.registry import op

_FLOAT = np.float32


def _step(length: int, outputs: int, factor: float | None) -> np.float32:
    """Input pixels per output pixel: from the user's factor where there is one."""
    return _FLOAT(1.0 / factor) if factor else _FLOAT(length) / _FLOAT(outputs)


def _nearest(x, axis: int, outputs: int, factor: float | None, half: float):
    length = x.shape[axis]
    place = (np.arange(outputs, dtype=_FLOAT) + _FLOAT(half)) * _step(length, outputs, factor)
    table = np.minimum(np.floor(place).astype(np.int32), length - 1)
    times = outputs // length
    if np.array_equal(table, np.repeat(np.arange(length), times)):
        return jnp.repeat(x, times, axis)
    return jnp.take(x, table, axis, mode="clip")


def _positions(length: int, outputs: int, align: bool, factor: float | None) -> np.ndarray:
    """Input coordinates of the outputs."""
    out = np.arange(outputs, dtype=_FLOAT)
    if align:
        return out * (_FLOAT(length - 1) / _FLOAT(outputs - 1) if outputs > 1 else _FLOAT(0))
    return (out + _FLOAT(0.5)) * _step(length, outputs, factor) - _FLOAT(0.5)


def _linear(length: int, outputs: int, align: bool, factor: float | None) -> np.ndarray:
    """Between the two neighbours; beyond the border, the border."""
    place = np.maximum(_positions(length, outputs, align, factor), 0)
    first = np.minimum(np.floor(place).astype(int), length - 1)
    weight = np.clip(place - first, 0, 1)
    return _scattered(length, [(first, 1 - weight), (first + 1, weight)])


def _cubic(length: int, outputs: int, align: bool, factor: float | None) -> np.ndarray:
    """Keys' kernel with a = -0.75 over four neighbours; beyond the border, the border."""
    place = _positions(length, outputs, align, factor)
    first = np.floor(place).astype(int)
    taps = [(first + i, keys_cubic(np.abs(place - first - i), -0.75)) for i in (-1, 0, 1, 2)]
    return _scattered(length, taps)


def _scattered(length: int, taps) -> np.ndarray:
    """The matrix of (index of every output, weight) pairs."""
    matrix = np.zeros((len(taps[0][0]), length))
    for place, weight in taps:
        np.add.at(matrix, (np.arange(len(place)), np.clip(place, 0, length - 1)), weight)
    return matrix


def _antialiased(kernel: Callable, reach: int):
    def matrix(length: int, outputs: int, align: bool, factor: float | None) -> np.ndarray:
        """A kernel as wide as the step where the image shrinks, normalised at the borders."""
        if align:
            step = _FLOAT(length - 1) / _FLOAT(outputs - 1) if outputs > 1 else _FLOAT(0)
        else:
            step = _step(length, outputs, factor)
        spread = float(np.maximum(step, 1))
        centre = step * (np.arange(outputs) + 0.5)
        low = np.maximum((centre - reach * spread + 0.5).astype(int), 0)[:, None]
        high = np.minimum((centre + reach * spread + 0.5).astype(int), length)[:, None]
        pixels = np.arange(length)
        weight = kernel(np.abs(pixels - centre[:, None] + 0.5) / spread)
        weight = np.where((pixels >= low) & (pixels < high), weight, 0)
        return weight / weight.sum(1, keepdims=True)

    return matrix


_MATRICES: dict[str, Callable] = {
    "linear": _linear,
    "bilinear": _linear,
    "trilinear": _linear,
    "bicubic": _cubic,
    "bilinear_aa": _antialiased(lambda t: np.maximum(1 - t, 0), 1),
    "bicubic_aa": _antialiased(lambda t: keys_cubic(t, -0.5), 2),
}


def _sizes(x, rank: int, size, factors) -> tuple[list[int], list]:
    """(outputs, factor or None) of every axis, from either of PyTorch's two ways to say it."""
    factors = list(factors) if factors else [None] * rank
    if size is None:
        size = [int(n * f) for n, f in zip(x.shape[-rank:], factors, strict=True)]
    return list(size), factors


def _interpolate(x, rank: int, size, factors, mode: str, align: bool):
    size, factors = _sizes(x, rank, size, factors)
    for n, (outputs, factor) in enumerate(zip(size, factors, strict=True)):
        length = x.shape[n - rank]
        matrix = _MATRICES[mode](length, outputs, align, factor)
        if length != outputs or not np.array_equal(matrix, np.eye(length)):
            x = along(x, matrix, n - rank)
    return x


def _register_nearest(rank: int, name: str, half: float) -> None:
    def resize(x, size, factors):
        size, factors = _sizes(x, rank, size, factors)
        for n, (outputs, factor) in enumerate(zip(size, factors, strict=True)):
            x = _nearest(x, n - rank, outputs, factor, half)
        return x

    op(f"{name}.vec")(lambda x, output_size, scale_factors: resize(x, output_size, scale_factors))
    op(name)(lambda x, output_size, *scales: resize(x, output_size, _given(scales)))


def _register_matrix(rank: int, name: str, mode: str) -> None:
    op(f"{name}.vec")(
        lambda x, output_size, align_corners, scale_factors: _interpolate(
            x, rank, output_size, scale_factors, mode, align_corners
        )
    )
    op(name)(
        lambda x, output_size, align_corners, *scales: _interpolate(
            x, rank, output_size, _given(scales), mode, align_corners
        )
    )


def _given(scales):
    """Scales of the overload that takes them apart, None unless all are there."""
    return scales if scales and all(scales) else None


for _rank in (1, 2, 3):
    _register_nearest(_rank, f"upsample_nearest{_rank}d", 0.0)
    _register_nearest(_rank, f"_upsample_nearest_exact{_rank}d", 0.5)
for _rank, _name, _mode in (
    (1, "upsample_linear1d", "linear"),
    (2, "upsample_bilinear2d", "bilinear"),
    (3, "upsample_trilinear3d", "trilinear"),
    (2, "upsample_bicubic2d", "bicubic"),
    (2, "_upsample_bilinear2d_aa", "bilinear_aa"),
    (2, "_upsample_bicubic2d_aa", "bicubic_aa"),
):
    _register_matrix(_rank, _name, _mode)
