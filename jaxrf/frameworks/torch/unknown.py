"""Operations without a JAX function: torch computes them; results depend on everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from torch.fx import Node

from jaxrf.frameworks.torch.dtypes import from_torch, jax_dtype, to_torch

__all__ = ["call_torch"]


def call_torch(node: Node, lookup: Callable[[Any], Any]) -> Any:
    """The value of a node by a callback into torch, and its gradient by torch's autograd.

    A callback has no rule: the result depends on every element of every operand, and says so.

    Args:
        node: the operation.
        lookup: from a node to its value.
    """
    operands = list(node.all_input_nodes)
    shapes = jax.tree.map(_shape, node.meta["val"])

    @jax.custom_vjp
    def operation(*values: jax.Array) -> Any:
        def compute(*arrays: np.ndarray) -> Any:
            result = _call(node, dict(zip(operands, _tensors(operands, arrays), strict=True)))
            return jax.tree.map(lambda t, s: from_torch(t).astype(s.dtype), result, shapes)

        return jax.pure_callback(compute, shapes, *values, vmap_method="sequential")

    def forward(*values: jax.Array) -> tuple[Any, tuple[jax.Array, ...]]:
        return operation(*values), values

    def backward(values: tuple[jax.Array, ...], cotangent: Any) -> tuple[Any, ...]:
        real = [_is_real(v) for v in values]
        wanted = [_shape_of(v) for v, r in zip(values, real, strict=True) if r]

        def compute(arrays: Any, cotangent: Any) -> Any:
            return _gradients(node, operands, arrays, cotangent, wanted)

        found = iter(
            jax.pure_callback(compute, wanted, values, cotangent, vmap_method="sequential")
        )
        return tuple(
            next(found) if r else np.zeros(v.shape, jax.dtypes.float0)
            for v, r in zip(values, real, strict=True)
        )

    operation.defvjp(forward, backward)
    return operation(*(_ordinary(lookup(n)) for n in operands))


def _is_real(value: jax.Array) -> bool:
    return bool(jnp.issubdtype(value.dtype, jnp.floating))


def _ordinary(value: Any) -> jax.Array:
    """Convert to single precision, the only one in the threads of callbacks."""
    value = jnp.asarray(value)
    return value.astype(jnp.float32) if value.dtype == jnp.float64 else value


def _call(node: Node, tensors: dict[Node, torch.Tensor]) -> Any:
    args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), tensors.__getitem__)
    return node.target(*args, **kwargs)  # type: ignore[operator]


def _gradients(
    node: Node, operands: list[Node], arrays: Sequence[Any], cotangent: Any, wanted: Any
) -> list[np.ndarray]:
    """Gradients of the floating operands by ``torch.autograd``."""
    tensors = _tensors(operands, arrays)
    leaves = [t.requires_grad_() for t in tensors if t.is_floating_point()]
    with torch.enable_grad():
        results = jax.tree.leaves(_call(node, dict(zip(operands, tensors, strict=True))))
    pairs = [
        (result, to_torch(c, result.dtype))
        for result, c in zip(results, jax.tree.leaves(cotangent), strict=True)
        if result.requires_grad
    ]
    found: tuple[torch.Tensor | None, ...] = (None,) * len(leaves)
    if pairs:
        outputs, weights = zip(*pairs, strict=True)
        found = torch.autograd.grad(outputs, leaves, weights, allow_unused=True)
    return [
        np.zeros(w.shape, w.dtype) if g is None else from_torch(g).astype(w.dtype)
        for g, w in zip(found, wanted, strict=True)
    ]


def _tensors(operands: list[Node], arrays: Any) -> list[torch.Tensor]:
    pairs = zip(arrays, operands, strict=True)
    return [to_torch(array, node.meta["val"].dtype) for array, node in pairs]


def _shape_of(value: jax.Array) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(value.shape, value.dtype)


def _shape(value: torch.Tensor) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(tuple(value.shape), jax_dtype(value.dtype))
