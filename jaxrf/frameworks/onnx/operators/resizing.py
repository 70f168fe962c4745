"""Resize and Upsample: index tables and interpolation matrices, one axis at a time.

Both are known while tracing, so that theory follows each output to its taps: nearest neighbours are
a gather at known indices (or a repetition), linear and cubic interpolation a product with a matrix
that is declared to be constant, so that its zeros count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.constant import constant
from jaxrf.frameworks.onnx.operators.indexing import take
from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator

_ROUNDED = 2.0**-25  # a tap of this weight is zero but for the rounding of its position


@dataclass(frozen=True)
class _Axis:
    """One axis to be resized.

    Attributes:
        length: of the input.
        output: of the output.
        scale: output over input, as the file gives it (need not divide them exactly).
        roi: (start, end) of tf_crop_and_resize, from 0 to 1.
    """

    length: int
    output: int
    scale: float
    roi: tuple[float, float] = (0.0, 1.0)


@operator("Upsample", known=(1,))
def upsample(node: NodeView, x, scales=None):
    """Before Resize: outputs start at the first pixel."""
    scales = node.get("scales") if scales is None else scales
    if scales is None:
        scales = [1, 1, node.get("height_scale"), node.get("width_scale")]
    return _resize(node, x, _by_scales(x.shape, scales), "asymmetric", "floor")


@operator("Resize", known=(1, 2, 3))
def resize(node: NodeView, x, roi=None, scales=None, sizes=None):
    """Resize by scales or to sizes, in one of ONNX's coordinate systems."""
    if node.version < 11:  # its only other operand is the scales
        return _resize(node, x, _by_scales(x.shape, roi), "asymmetric", "floor")
    chosen = [a % x.ndim for a in node.get("axes", range(x.ndim))]
    if sizes is not None and sizes.size:
        axes = _by_sizes(node, [x.shape[d] for d in chosen], sizes)
    else:
        axes = _by_scales([x.shape[d] for d in chosen], scales)
    mode = node.get("coordinate_transformation_mode", "half_pixel")
    if mode == "tf_crop_and_resize":
        rois = np.reshape(roi, (2, -1)).T
        axes = [
            _Axis(a.length, a.output, a.scale, tuple(r)) for a, r in zip(axes, rois, strict=True)
        ]
    full = [_Axis(n, n, 1.0) for n in x.shape]
    for d, axis in zip(chosen, axes, strict=True):
        full[d] = axis
    return _resize(node, x, full, mode, node.get("nearest_mode", "round_prefer_floor"))


def _by_scales(lengths, scales) -> list[_Axis]:
    return [_Axis(n, int(n * float(s)), float(s)) for n, s in zip(lengths, scales, strict=True)]


def _by_sizes(node: NodeView, lengths, sizes) -> list[_Axis]:
    policy = node.get("keep_aspect_ratio_policy", "stretch")
    scales = [int(m) / n for n, m in zip(lengths, sizes, strict=True)]
    if policy != "stretch":
        scale = min(scales) if policy == "not_larger" else max(scales)
        return [_Axis(n, int(np.floor(scale * n + 0.5)), scale) for n in lengths]
    return [_Axis(n, int(m), s) for n, m, s in zip(lengths, sizes, scales, strict=True)]


def _resize(node: NodeView, x, axes: list[_Axis], mode: str, nearest: str):
    kind = node.get("mode", "nearest")
    kind = {"bilinear": "linear", "trilinear": "linear"}.get(kind, kind)
    for d, axis in enumerate(axes):
        if axis.output == axis.length and axis.scale == 1 and axis.roi == (0, 1):
            continue  # type: ignore[unreachable]  # 1.0 == 1 and (0.0, 1.0) == (0, 1)
        at = _positions(axis, mode)
        if mode == "tf_crop_and_resize" and (at.min() < 0 or at.max() > axis.length - 1):
            raise Unmapped("Resize that extrapolates")
        if kind == "nearest":
            x = take(x, np.clip(_ROUND[nearest](at), 0, axis.length - 1).astype(int), d)
        else:
            x = _product(x, _matrix(node, axis, at, kind), d)
    return x


def _positions(axis: _Axis, mode: str) -> np.ndarray:
    """Input coordinate of every output, in the coordinate system called ``mode``."""
    i, n, s = np.arange(axis.output), axis.length, axis.scale
    half = (i + 0.5) / s - 0.5
    wide = n * s  # the output's length before it is rounded
    match mode:
        case "half_pixel":
            return half
        case "half_pixel_symmetric":
            return n / 2 * (1 - axis.output / wide) + half
        case "pytorch_half_pixel":
            return half if axis.output > 1 else np.zeros(1)
        case "align_corners":
            return i * (n - 1) / (wide - 1) if wide > 1 else np.zeros(axis.output)
        case "asymmetric":
            return i / s
        case "tf_half_pixel_for_nn":
            return (i + 0.5) / s
        case "tf_crop_and_resize":
            start, end = axis.roi
            if axis.output == 1:
                return np.full(1, (start + end) * (n - 1) / 2)
            return (start + i * (end - start) / (axis.output - 1)) * (n - 1)
    raise Unmapped(f"Resize with coordinate_transformation_mode={mode}")


_ROUND: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round_prefer_floor": lambda at: np.ceil(at - 0.5),
    "round_prefer_ceil": lambda at: np.floor(at + 0.5),
}


def _matrix(node: NodeView, axis: _Axis, at: np.ndarray, kind: str) -> np.ndarray:
    """Interpolation weights [output, input]; taps beyond the edge repeat it."""
    reach = {"linear": 1, "cubic": 2}.get(kind)
    if reach is None:
        raise Unmapped(f"Resize with mode={kind}")
    squeeze = min(axis.scale, 1.0) if node.get("antialias", 0) else 1.0
    half = int(np.ceil(reach / squeeze))
    first = np.ceil(at).astype(int) - half
    taps = first[:, None] + np.arange(2 * half)
    distance = np.abs(taps - at[:, None]) * squeeze
    if kind == "linear":
        weights = np.maximum(0, 1 - distance)
    else:
        weights = _cubic(distance, node.get("cubic_coeff_a", -0.75))
    if node.get("exclude_outside", 0):
        weights = np.where((taps < 0) | (taps >= axis.length), 0, weights)
    if squeeze < 1 or node.get("exclude_outside", 0):
        weights = weights / weights.sum(1, keepdims=True)
    matrix = np.zeros((axis.output, axis.length))
    rows = np.broadcast_to(np.arange(axis.output)[:, None], taps.shape)
    np.add.at(matrix, (rows, np.clip(taps, 0, axis.length - 1)), weights)
    return matrix


def _cubic(d: np.ndarray, a: float) -> np.ndarray:
    """Keys' kernel at distance d."""
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


def _product(x, matrix: np.ndarray, axis: int):
    """Output index along ``axis`` is the row of the matrix."""
    weights = constant(np.where(np.abs(matrix) > _ROUNDED, matrix, 0)).astype(x.dtype)
    return jnp.moveaxis(jnp.tensordot(x, weights, ((axis,), (1,))), -1, axis)
