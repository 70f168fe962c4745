"""Quantised tensors: scales, zero points, and products of them."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.onnx.operators.convolution import convolve
from jaxrf.frameworks.onnx.operators.elementwise import numpy_dtype
from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator

__all__ = ["dequantize", "dequantized", "quantize", "quantized"]


@operator("QuantizeLinear")
def quantize(node: NodeView, x, scale, zero=None):
    """``round(x / scale) + zero``, saturated."""
    if node.get("block_size"):
        raise Unmapped("QuantizeLinear in blocks")
    number = node.get("output_dtype", 0)
    dtype = zero.dtype if zero is not None else numpy_dtype(number) if number else np.uint8
    axis = node.get("axis", 1)
    return quantized(x, _along(scale, x, axis), _along(zero, x, axis), dtype)


@operator("DequantizeLinear")
def dequantize(node: NodeView, x, scale, zero=None):
    """``(x - zero) scale``."""
    if node.get("block_size"):
        raise Unmapped("DequantizeLinear in blocks")
    axis = node.get("axis", 1)
    return dequantized(x, _along(scale, x, axis), _along(zero, x, axis))


@operator("MatMulInteger")
def matmul_integer(node: NodeView, a, b, a_zero=None, b_zero=None):
    """The product of the differences from the zero points."""
    rows = None if a_zero is None else _rows(a_zero, a)
    return jnp.matmul(_difference(a, rows), _difference(b, b_zero))


@operator("ConvInteger")
def conv_integer(node: NodeView, x, kernel, x_zero=None, kernel_zero=None):
    """The product of the differences from the zero points."""
    return convolve(node, _difference(x, x_zero), _difference(kernel, _first(kernel_zero, kernel)))


@operator("QLinearMatMul")
def qlinear_matmul(node: NodeView, a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero):
    """The product of what the operands stand for, quantised."""
    left = dequantized(a, _rows(a_scale, a), _rows(a_zero, a))
    out = jnp.matmul(left, dequantized(b, b_scale, b_zero))
    return quantized(out, y_scale, y_zero, y_zero.dtype)


@operator("QLinearConv")
def qlinear_conv(node: NodeView, x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, b=None):
    """The convolution of what the operands stand for, quantised; the bias has scale x times w."""
    kernel = dequantized(w, _first(w_scale, w), _first(w_zero, w))
    out = convolve(node, dequantized(x, x_scale, x_zero), kernel)
    if b is not None:
        out = out + jnp.reshape(b * (x_scale * w_scale), (-1, *(1,) * (out.ndim - 2)))
    return quantized(out, y_scale, y_zero, y_zero.dtype)


def quantized(x, scale, zero, dtype):
    """``round(x / scale) + zero`` in an integer type, saturated."""
    limits = jnp.iinfo(dtype)
    steps = jnp.round(x / scale)
    steps = steps if zero is None else steps + jnp.asarray(zero, steps.dtype)
    return jnp.clip(steps, limits.min, limits.max).astype(dtype)


def dequantized(x, scale, zero):
    """``(x - zero) scale``."""
    steps = x if zero is None else _difference(x, zero)
    return jnp.asarray(steps).astype(scale.dtype) * scale


def _difference(x, zero):
    wide = jnp.asarray(x, jnp.int32)
    return wide if zero is None else wide - jnp.asarray(zero, jnp.int32)


def _along(values, x, axis: int):
    """One value per index of ``axis``, or one for all."""
    if values is None or np.ndim(values) == 0:
        return values
    if np.size(values) == 1:
        return jnp.reshape(values, ())
    axis %= np.ndim(x)
    return jnp.reshape(values, [-1 if d == axis else 1 for d in range(np.ndim(x))])


def _first(values, x):
    return _along(values, x, 0)


def _rows(values, x):
    return _along(values, x, -2)
