"""Run an exported graph in JAX, node by node, each in the scope and at the line of its module."""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import jax
import jax.numpy as jnp
import torch
from torch.fx import Node

from jaxrf.errors import ModelError
from jaxrf.frameworks.torch.by_node import BY_NODE
from jaxrf.frameworks.torch.dtypes import jax_dtype
from jaxrf.frameworks.torch.nodes import module_path, operation
from jaxrf.frameworks.torch.ops import OPS
from jaxrf.frameworks.torch.source_lines import call_at, user_line
from jaxrf.frameworks.torch.unknown import call_torch

__all__ = ["run"]

# What exported programs assert about themselves; they have no value.
_ASSERTIONS = ("_assert_tensor_metadata", "_assert_scalar", "_assert_async", "sym_constrain_range")


def run(
    nodes: list[Node], values: dict[Node, Any], places: dict[Node, torch.Tensor]
) -> dict[Node, Any]:
    """The values of all nodes.

    Args:
        nodes: of the graph, in order.
        values: of the placeholders, and of what is known already.
        places: known values of what says where to sample (:func:`places_of`).

    Raises:
        ModelError: the JAX function of an operation gives another shape than torch.
    """
    values = dict(values)

    def lookup(argument: Any) -> Any:
        return torch.fx.node.map_arg(argument, values.__getitem__)

    for node in nodes:
        if node.op != "call_function" or node in values or operation(node) in _ASSERTIONS:
            continue
        values[node] = _evaluate(node, lookup, places)
    return values


def _evaluate(node: Node, lookup: Callable[[Any], Any], places: dict[Node, torch.Tensor]) -> Any:
    if node.target is operator.getitem:
        return lookup(node.args[0])[node.args[1]]

    def scoped() -> Any:
        path = module_path(node)
        with jax.named_scope(path) if path else nullcontext():
            value = _known_operation(node, lookup, places)
            if value is NotImplemented:
                with jax.named_scope(operation(node)):
                    value = call_torch(node, lookup)
            return value

    value = call_at(user_line(node.meta.get("stack_trace")), scoped)
    _check(node, value)
    return _in_dtype(node, value)


def _known_operation(
    node: Node, lookup: Callable[[Any], Any], places: dict[Node, torch.Tensor]
) -> Any:
    """Evaluate by the JAX function of the operation, if there is one for these operands."""
    if operation(node) in BY_NODE:
        return BY_NODE[operation(node)](node, lookup, places)
    function = _function(node)
    if function is None:
        return NotImplemented
    args, kwargs = _plain((lookup(node.args), lookup(node.kwargs)))
    return function(*args, **kwargs)


def _function(node: Node) -> Callable[..., Any] | None:
    """The function registered for an overload, or else for the name."""
    name = operation(node)
    overload = getattr(node.target, "_overloadname", "")
    return OPS.get(f"{name}.{overload}") or OPS.get(name)


def _plain(argument: Any) -> Any:
    """Torch's dtypes as JAX's; devices, layouts and memory formats are no concern of ours."""
    if isinstance(argument, dict):
        return {key: _plain(value) for key, value in argument.items()}
    if isinstance(argument, list | tuple):
        return [_plain(value) for value in argument]
    if isinstance(argument, torch.dtype):
        return jax_dtype(argument)
    if isinstance(argument, torch.device | torch.layout | torch.memory_format):
        return None
    return argument


def _check(node: Node, value: Any) -> None:
    """Torch has said what shape comes out; anything else is a mistake of ours, not an answer."""
    expected = node.meta.get("val")
    if isinstance(expected, torch.Tensor) and tuple(expected.shape) != tuple(jnp.shape(value)):
        raise ModelError(
            f"{node.target} in {module_path(node) or 'the model'}: jaxrf computes shape "
            f"{tuple(jnp.shape(value))}, torch {tuple(expected.shape)}; please report it"
        )


def _in_dtype(node: Node, value: Any) -> Any:
    """Integers and booleans where torch has them: JAX promotes by other rules."""
    expected = node.meta.get("val")
    if not isinstance(expected, torch.Tensor):
        return value
    dtype, got = jax_dtype(expected.dtype), jnp.result_type(value)
    if jnp.issubdtype(dtype, jnp.floating) == jnp.issubdtype(got, jnp.floating):
        return value
    return jnp.asarray(value).astype(dtype)
