"""Matrix products."""

from __future__ import annotations

import jax.numpy as jnp

from jaxrf.frameworks.onnx.registry import NodeView, operator

__all__ = ["gemm"]


@operator("MatMul")
def matmul(node: NodeView, a, b):
    """As ``numpy.matmul``."""
    return jnp.matmul(a, b)


@operator("Gemm")
def gemm(node: NodeView, a, b, c=None):
    """``alpha A' B' + beta C``; before opset 7 A may have more axes than two."""
    a = jnp.reshape(a, (a.shape[0], -1))
    a, b = (jnp.swapaxes(m, 0, 1) if node.get(t) else m for m, t in ((a, "transA"), (b, "transB")))
    out = _scaled(jnp.matmul(a, b), node.get("alpha", 1.0))
    return out if c is None else out + _scaled(c, node.get("beta", 1.0))


@operator("Einsum")
def einsum(node: NodeView, *operands):
    """As ``numpy.einsum``."""
    return jnp.einsum(node.get("equation"), *operands)


def _scaled(x, factor: float):
    return x if factor == 1.0 else x * factor
