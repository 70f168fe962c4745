"""An operation that has no JAX function: torch computes it, and jaxrf takes it for everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import torch
from torch.fx import Node

from jaxrf.frameworks.torch.dtypes import from_torch, jax_dtype, to_torch

__all__ = ["call_torch"]


def call_torch(node: Node, arguments: Callable[[Any], Any]) -> Any:
    """The value of a node, by a callback into torch.

    A callback has no rule, so that the result depends on every element of every operand and says
    so; it has no derivative either, so that gradients stop with JAX's own message.

    Args:
        node: the operation.
        arguments: from the nodes in a structure to their values.
    """
    operands = list(node.all_input_nodes)
    values = [arguments(n) for n in operands]
    shapes = jax.tree.map(_shape, node.meta["val"])

    def compute(*arrays: np.ndarray) -> Any:
        tensors = {
            n: _tensor(a, n.meta["val"]) for n, a in zip(operands, arrays, strict=True)
        }
        args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), tensors.__getitem__)
        result = node.target(*args, **kwargs)  # type: ignore[operator]
        cast = jax.tree.map(lambda t, s: from_torch(t).astype(s.dtype), result, shapes)
        return cast

    return jax.pure_callback(compute, shapes, *values)


def _shape(value: torch.Tensor) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(tuple(value.shape), jax_dtype(value.dtype))


def _tensor(array: Any, like: torch.Tensor) -> torch.Tensor:
    return to_torch(array, like.dtype)
