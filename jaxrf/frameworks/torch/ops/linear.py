"""Products: linear layers, matrix products, einsum."""

from __future__ import annotations

import jax.numpy as jnp

from jaxrf.frameworks.torch.ops.registry import alias, op

alias(
    {
        "mm": jnp.matmul,
        "bmm": jnp.matmul,
        "matmul": jnp.matmul,
        "mv": jnp.matmul,
        "dot": jnp.dot,
        "linalg_matmul": jnp.matmul,
        "outer": jnp.outer,
        "ger": jnp.outer,
        "kron": jnp.kron,
    }
)


@op("linear")
def linear(x, weight, bias=None):
    """``x weight^T + bias`` along the last axis."""
    y = jnp.matmul(x, weight.T)
    return y if bias is None else y + bias


@op("addmm", "baddbmm", "addmv")
def addmm(x, one, two, *, beta=1, alpha=1):
    """``beta x + alpha one two``."""
    return beta * x + alpha * jnp.matmul(one, two)


@op("einsum")
def einsum(equation, tensors, *, path=None):
    """Einstein's summation; PyTorch's letters and dots are numpy's."""
    return jnp.einsum(equation, *tensors)


@op("bilinear")
def bilinear(one, two, weight, bias=None):
    """A product of two inputs through a weight [out, in1, in2]."""
    y = jnp.einsum("...i,oij,...j->...o", one, weight, two)
    return y if bias is None else y + bias


@op("tensordot")
def tensordot(one, two, dims_self, dims_other):
    """A contraction of named axes."""
    return jnp.tensordot(one, two, (tuple(dims_self), tuple(dims_other)))
