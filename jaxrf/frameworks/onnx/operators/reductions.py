"""Reductions along axes, sorting and running sums."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.onnx.registry import NodeView, operator

REDUCTIONS = {
    "ReduceL1": lambda x, **k: jnp.sum(jnp.abs(x), **k),
    "ReduceL2": lambda x, **k: jnp.sqrt(jnp.sum(jnp.square(x), **k)),
    "ReduceLogSum": lambda x, **k: jnp.log(jnp.sum(x, **k)),
    "ReduceLogSumExp": lambda x, axis, keepdims: jax.nn.logsumexp(x, axis, keepdims=keepdims),
    "ReduceMax": jnp.max,
    "ReduceMean": jnp.mean,
    "ReduceMin": jnp.min,
    "ReduceProd": jnp.prod,
    "ReduceSum": jnp.sum,
    "ReduceSumSquare": lambda x, **k: jnp.sum(jnp.square(x), **k),
}


def _register() -> None:
    for name, function in REDUCTIONS.items():
        operator(name, known=(1,))(lambda node, x, axes=None, f=function: _reduce(node, x, axes, f))


def _reduce(node: NodeView, x, axes, function):
    """Axes are an operand in newer operator sets, an attribute before; all axes by default."""
    axes = node.get("axes") if axes is None else np.atleast_1d(axes).tolist()
    if not axes:
        if node.get("noop_with_empty_axes"):
            return x
        axes = range(np.ndim(x))
    axis = tuple(a % np.ndim(x) for a in axes)
    return function(x, axis=axis, keepdims=bool(node.get("keepdims", 1)))


_register()


@operator("ArgMax", "ArgMin")
def argument(node: NodeView, x):
    """Index of the first or last extreme along ``axis``."""
    axis = node.get("axis", 0) % x.ndim
    find = jnp.argmax if node.op == "ArgMax" else jnp.argmin
    last = bool(node.get("select_last_index", 0))
    index = find(lax.rev(x, (axis,)) if last else x, axis)
    index = x.shape[axis] - 1 - index if last else index
    return jnp.expand_dims(index, axis) if node.get("keepdims", 1) else index


@operator("TopK", known=(1,))
def top_k(node: NodeView, x, k=None):
    """The k largest or smallest along ``axis``, sorted, and their indices."""
    count = int(node.get("k") if k is None else k.reshape(()))
    axis = node.get("axis", -1) % x.ndim
    rows = jnp.moveaxis(x, axis, -1)
    sign = 1 if node.get("largest", 1) else -1
    values, indices = lax.top_k(sign * rows, count)
    return jnp.moveaxis(sign * values, -1, axis), jnp.moveaxis(indices, -1, axis)


@operator("CumSum", known=(1,))
def cumsum(node: NodeView, x, axis):
    """Running sum; ``exclusive`` leaves the element itself out."""
    d, reverse = int(axis.reshape(())) % x.ndim, bool(node.get("reverse", 0))
    if node.get("exclusive", 0):
        shift = [(0, 0, 0)] * x.ndim
        shift[d] = (-1, 1, 0) if reverse else (1, -1, 0)
        x = lax.pad(x, np.zeros((), x.dtype)[()], shift)
    return lax.cumsum(x, d, reverse=reverse)
