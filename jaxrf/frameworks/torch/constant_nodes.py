"""The nodes that no weight and no input can change, computed by torch itself.

Position indices, coordinate grids, masks: their values are facts of the architecture. Integers and
booleans tell jaxrf which elements a gather reads. Integers that may be the weights of a quantised
layer (:mod:`jaxrf.frameworks.array_kinds`) are known as indices, but not as the floats computed
from them. Buffers of floats are weights, except masks of zeros and infinite numbers and what the
module declares by :func:`jaxrf.constant`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.fx import Node

from jaxrf.frameworks.array_kinds import Kind, kind_of
from jaxrf.frameworks.torch.dtypes import from_torch
from jaxrf.frameworks.torch.mark import is_mark
from jaxrf.frameworks.torch.nodes import operation, stand_in

__all__ = ["declared", "known_values"]

# Their result depends on the shape of the operand only.
_SHAPE_ONLY = """
zeros_like ones_like full_like empty_like new_zeros new_ones new_full new_empty
""".split()
_WHOLE = (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
_EMPTY = ("empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided")


def known_values(
    nodes: list[Node],
    given: Mapping[Node, torch.Tensor],
    facts: Mapping[Node, torch.Tensor] | None = None,
) -> dict[Node, Any]:
    """Values of all nodes that follow from the given ones and from nothing else.

    Args:
        nodes: of the graph, in order.
        given: integer and boolean buffers.
        facts: what is no weight, whatever it holds: tensors that are declared to be constant.
    """
    stored = {n for n, value in given.items() if kind_of(value.numpy()) != Kind.FACT}
    values: dict[Node, Any] = {**given, **(facts or {})}
    for node in nodes:
        if node in values or node.op != "call_function" or not _foldable(node, values):
            continue
        args, kwargs = torch.fx.node.map_arg(
            (node.args, node.kwargs), lambda n: values[n] if n in values else stand_in(n)
        )
        if kwargs.get("device") is not None:
            kwargs = {**kwargs, "device": torch.device("cpu")}
        try:
            value = node.target(*args, **kwargs)  # type: ignore[operator]
        except Exception:  # an operation without a CPU kernel: it stays an operation
            continue
        if not stored.isdisjoint(node.all_input_nodes) and not _of(value, torch.bool):
            if not _of(value, *_WHOLE):
                continue
            stored.add(node)
        values[node] = value
        if operation(node) in _EMPTY:
            values[node] = torch.zeros_like(values[node])  # never read, but let it be the same
    return values


def declared(
    nodes: list[Node], given: Mapping[Node, torch.Tensor], buffers: Mapping[Node, torch.Tensor]
) -> dict[Node, torch.Tensor]:
    """Tensors that a module declares to be architecture, and those that can be nothing else.

    Args:
        nodes: of the graph, in order.
        given: integer and boolean buffers.
        buffers: all buffers that have values.
    """
    floats = {node: buffer for node, buffer in buffers.items() if node not in given}
    masks = {node: b for node, b in floats.items() if kind_of(from_torch(b)) == Kind.FACT}
    marks = [node for node in nodes if is_mark(node)]
    values = known_values(nodes, {}, {**given, **buffers}) if marks else {}
    return {**masks, **{mark: values[mark] for mark in marks if mark in values}}


def _of(value: Any, *dtypes: torch.dtype) -> bool:
    """Whether it is a tensor of one of these types, or no tensor at all."""
    parts = value if isinstance(value, list | tuple) else [value]
    return all(part.dtype in dtypes for part in parts if isinstance(part, torch.Tensor))


def _foldable(node: Node, values: dict[Node, Any]) -> bool:
    target = node.target
    if isinstance(target, torch._ops.OpOverload):
        if torch.Tag.nondeterministic_seeded in target.tags:
            return False
        if operation(node) in _SHAPE_ONLY:
            return all(n in values for n in node.all_input_nodes[1:])
    elif getattr(target, "__module__", "") != "_operator":
        return False
    return all(n in values for n in node.all_input_nodes)
