"""Operators of onnxruntime (com.microsoft) that are standard ones in a row, as its optimiser fuses.

Source: the operator documentation of onnxruntime (docs/ContribOperators.md).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.onnx.operators.convolution import conv
from jaxrf.frameworks.onnx.operators.elementwise import ACTIVATIONS, PARAMETRIC
from jaxrf.frameworks.onnx.operators.linear import gemm
from jaxrf.frameworks.onnx.operators.pooling import average_pool
from jaxrf.frameworks.onnx.operators.quantization import (
    dequantize,
    dequantized,
    quantize,
    quantized,
)
from jaxrf.frameworks.onnx.operators.shapes import trilu
from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator

ours = partial(operator, domain="com.microsoft")

ours("QuantizeLinear")(quantize)
ours("DequantizeLinear")(dequantize)
ours("Trilu", known=(1,))(trilu)


@ours("FusedConv")
def fused_conv(node: NodeView, x, kernel, bias=None, added=None):
    """A convolution, what is added to it, an activation."""
    out = conv(node, x, kernel, bias)
    return _activated(node, out if added is None else out + added)


@ours("FusedGemm")
def fused_gemm(node: NodeView, a, b, c=None):
    """A product with a bias, and an activation."""
    return _activated(node, gemm(node, a, b, c))


@ours("FusedMatMul", "TransposeMatMul")
def fused_matmul(node: NodeView, a, b):
    """``alpha A' B'``, the last two axes swapped where asked for."""
    if node.get("transBatchA") or node.get("transBatchB"):
        raise Unmapped("transposed batches")
    a, b = (
        jnp.swapaxes(m, -1, -2) if node.get(t) and np.ndim(m) > 1 else m
        for m, t in ((a, "transA"), (b, "transB"))
    )
    return jnp.matmul(a, b) * node.get("alpha", 1.0)


@ours("Gelu", "BiasGelu")
def gelu(node: NodeView, x, bias=None):
    """With erf."""
    return jax.nn.gelu(x if bias is None else x + bias, approximate=False)


@ours("FastGelu")
def fast_gelu(node: NodeView, x, bias=None):
    """GELU by its approximation with tanh."""
    return jax.nn.gelu(x if bias is None else x + bias, approximate=True)


@ours("QuickGelu")
def quick_gelu(node: NodeView, x):
    """``x sigmoid(alpha x)``."""
    return x * lax.logistic(node.get("alpha", 1.702) * x)


@ours("BiasAdd")
def bias_add(node: NodeView, x, bias, skip):
    """The sum of both operands and the bias."""
    return x + bias + skip


@ours("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
def skip_layer_normalization(node: NodeView, x, skip, scale, *rest):
    """Layer normalisation of a sum, which is the fourth result."""
    simple = node.op == "SkipSimplifiedLayerNormalization"
    beta, bias = (None, *rest, None)[:2] if simple else (*rest, None, None)[:2]
    total = x + skip if bias is None else x + skip + bias
    mean = jnp.mean(total, -1, keepdims=True) * (not simple)
    inverse = lax.rsqrt(jnp.mean(jnp.square(total - mean), -1, keepdims=True) + _epsilon(node))
    out = (total - mean) * inverse * scale
    return (out if beta is None else out + beta, mean, inverse, total)[: node.outputs]


@operator("SimplifiedLayerNormalization")
def simplified_layer_normalization(node: NodeView, x, scale):
    """Normalisation by the root mean square; onnxruntime has it in the standard domain."""
    axes = tuple(range(node.get("axis", -1) % x.ndim, x.ndim))
    square = jnp.mean(jnp.square(x), axes, keepdims=True)
    return x * lax.rsqrt(square + _epsilon(node)) * scale


@ours("QLinearAdd", "QLinearMul")
def qlinear_binary(node: NodeView, a, a_scale, a_zero, b, b_scale, b_zero, scale, zero=None):
    """A sum or product of what the operands stand for, quantised."""
    combine = jnp.add if node.op == "QLinearAdd" else jnp.multiply
    out = combine(dequantized(a, a_scale, a_zero), dequantized(b, b_scale, b_zero))
    return quantized(out, scale, zero, a.dtype)


@ours("QLinearSigmoid", "QLinearLeakyRelu")
def qlinear_unary(node: NodeView, x, x_scale, x_zero, scale, zero=None):
    """An activation of what the operand stands for, quantised."""
    real = dequantized(x, x_scale, x_zero)
    alpha = node.get("alpha", 0.01)
    out = (
        lax.logistic(real)
        if node.op == "QLinearSigmoid"
        else jnp.where(real < 0, alpha * real, real)
    )
    return quantized(out, scale, zero, x.dtype)


@ours("QLinearAveragePool", "QLinearGlobalAveragePool")
def qlinear_pool(node: NodeView, x, x_scale, x_zero, scale, zero=None):
    """A mean of what the operand stands for, quantised."""
    real = dequantized(x, x_scale, x_zero)
    last = node.get("channels_last", 0)
    real = jnp.moveaxis(real, -1, 1) if last else real
    if node.op == "QLinearAveragePool":
        out = average_pool(node, real)
    else:
        out = jnp.mean(real, tuple(range(2, real.ndim)), keepdims=True)
    return quantized(jnp.moveaxis(out, 1, -1) if last else out, scale, zero, x.dtype)


@ours("QLinearConcat")
def qlinear_concat(node: NodeView, scale, zero, *parts):
    """The dequantised operands, concatenated and quantised."""
    triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    real = [dequantized(*triple) for triple in triples]
    return quantized(jnp.concatenate(real, node.get("axis")), scale, zero, parts[0].dtype)


def _epsilon(node: NodeView) -> float:
    return node.get("epsilon", 1e-5)


def _activated(node: NodeView, x):
    """The activation that a node names, with its parameters in order."""
    name, given = node.get("activation", ""), list(node.get("activation_params", ()))
    given = given or [
        v for k in ("alpha", "beta") if (v := node.get(f"activation_{k}")) is not None
    ]
    if not name:
        return x
    if name == "Clip":
        return jnp.clip(x, *given[:2])
    if name in ACTIVATIONS:
        return ACTIVATIONS[name](x)
    if name not in PARAMETRIC:
        raise Unmapped(f"activation={name}")
    function: Any
    function, defaults = PARAMETRIC[name]
    return function(x, *[*given, *list(defaults.values())[len(given) :]][: len(defaults)])
