"""Operation, module and end-points of the nodes of an exported graph."""

from __future__ import annotations

import torch
from torch.fx import Node

__all__ = ["module_outputs", "module_path", "operation", "stand_in"]


def operation(node: Node) -> str:
    """Name of its ATen operation, "conv2d"; of anything else what torch prints."""
    schema = getattr(node.target, "_schema", None)
    return str(node.target) if schema is None else schema.name.removeprefix("aten::")


def stand_in(node: Node) -> torch.Tensor:
    """A tensor of the same kind, whose values nobody looks at."""
    value = node.meta["val"]
    return torch.empty(value.shape, dtype=value.dtype)


def module_path(node: Node) -> str:
    """Dotted name of the innermost module that the node belongs to, "" for the model itself."""
    stack = node.meta.get("nn_module_stack") or {}
    return list(stack.values())[-1][0] if stack else ""


def module_outputs(nodes: list[Node]) -> list[tuple[str, Node]]:
    """(name, node) of every module call, in order of execution, inner modules first.

    The output of a call is its last value that something outside of it reads. Calls of a shared
    module have one name and are apart by the key that ``torch.export`` gives each.
    """
    calls: dict[str, tuple[str, int, list[Node]]] = {}
    for node in nodes:
        stack = node.meta.get("nn_module_stack") or {}
        for depth, (key, (path, _type)) in enumerate(stack.items()):
            if path and node.op == "call_function":
                calls.setdefault(key, (path, depth, []))[2].append(node)
    order = {node: i for i, node in enumerate(nodes)}
    found = []
    for path, depth, own in calls.values():
        inside = set(own)
        tensors = [n for n in own if isinstance(n.meta.get("val"), torch.Tensor)]
        read = [n for n in tensors if any(user not in inside for user in n.users)]
        if tensors:
            node = (read or tensors)[-1]
            found.append((order[node], -depth, path, node))
    return [(path, node) for _, _, path, node in sorted(found, key=lambda f: f[:2])]
