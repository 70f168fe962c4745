"""Normalisations."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator


@operator("BatchNormalization")
def batch_normalization(node: NodeView, x, scale, bias, mean, variance):
    """Normalisation by the running statistics; in ``training_mode`` by those of the batch."""
    space = (0, *range(2, x.ndim))
    if node.get("training_mode"):
        seen, spread = jnp.mean(x, space), jnp.var(x, space)
        keep = node.get("momentum", 0.9)
        running = (mean * keep + seen * (1 - keep), variance * keep + spread * (1 - keep))
        return (_affine(node, x, scale, bias, seen, spread), *running)[: node.outputs]
    if node.outputs > 1:
        raise Unmapped("BatchNormalization in training before opset 14")
    if not node.get("spatial", 1):
        raise Unmapped("BatchNormalization with spatial=0")
    return _affine(node, x, scale, bias, mean, variance)


@operator("InstanceNormalization")
def instance_normalization(node: NodeView, x, scale, bias):
    """Over space, one image and one channel at a time."""
    return _per_channel(_standard(x, tuple(range(2, x.ndim)), node), scale, bias)


@operator("GroupNormalization")
def group_normalization(node: NodeView, x, scale, bias):
    """Over space and a group of channels; scales are per group before opset 21."""
    groups = node.get("num_groups")
    grouped = jnp.reshape(x, (x.shape[0], groups, -1, *x.shape[2:]))
    normal = _standard(grouped, tuple(range(2, grouped.ndim)), node).reshape(x.shape)
    if scale.shape[0] != x.shape[1]:
        scale, bias = (jnp.repeat(v, x.shape[1] // groups) for v in (scale, bias))
    return _per_channel(normal, scale, bias)


@operator("LayerNormalization")
def layer_normalization(node: NodeView, x, scale, bias=None):
    """Over ``axis`` and all after it."""
    if node.outputs > 1:
        raise Unmapped("the statistics of LayerNormalization")
    normal = _standard(x, tuple(range(node.get("axis", -1) % x.ndim, x.ndim)), node) * scale
    return normal if bias is None else normal + bias


@operator("LRN")
def local_response(node: NodeView, x):
    """Each channel by the energy of ``size`` channels around it."""
    size = node.get("size")
    window = (1, size, *np.ones(x.ndim - 2, int).tolist())
    padding = [(0, 0)] * x.ndim
    padding[1] = ((size - 1) // 2, size // 2)
    energy = lax.reduce_window(
        jnp.square(x), np.zeros((), x.dtype)[()], lax.add, window, (1,) * x.ndim, padding
    )
    factor = node.get("bias", 1.0) + node.get("alpha", 1e-4) / size * energy
    return x / factor ** node.get("beta", 0.75)


@operator("LpNormalization")
def lp_normalization(node: NodeView, x):
    """Division by the p-norm along ``axis``; zeros stay zeros."""
    p = node.get("p", 2)
    norm = jnp.sum(jnp.abs(x) ** p, node.get("axis", -1), keepdims=True) ** (1 / p)
    return x / jnp.where(norm == 0, 1, norm)


@operator("Softmax", "LogSoftmax", "Hardmax")
def softmax(node: NodeView, x):
    """Along ``axis``; before opset 13 along ``axis`` and all after it as one."""
    f = {"Softmax": jax.nn.softmax, "LogSoftmax": jax.nn.log_softmax, "Hardmax": _hardmax}[node.op]
    if node.version >= 13:
        return f(x, axis=node.get("axis", -1))
    axis = node.get("axis", 1) % x.ndim
    if int(np.prod(x.shape[axis + 1 :])) == 1:
        return f(x, axis=axis)
    rows = int(np.prod(x.shape[:axis]))
    return f(jnp.reshape(x, (rows, -1)), axis=-1).reshape(x.shape)


def _hardmax(x, axis: int):
    return jax.nn.one_hot(jnp.argmax(x, axis), x.shape[axis], axis=axis, dtype=x.dtype)


def _standard(x, axes: tuple[int, ...], node: NodeView):
    """Mean 0 and variance 1 over ``axes``."""
    mean = jnp.mean(x, axes, keepdims=True)
    variance = jnp.mean(jnp.square(x - mean), axes, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + node.get("epsilon", 1e-5))


def _affine(node: NodeView, x, scale, bias, mean, variance):
    factor = scale * lax.rsqrt(variance + node.get("epsilon", 1e-5))
    return _per_channel(x, factor, bias - mean * factor)


def _per_channel(x, scale, bias):
    shape = (-1, *np.ones(x.ndim - 2, int).tolist())
    return x * jnp.reshape(scale, shape) + jnp.reshape(bias, shape)
