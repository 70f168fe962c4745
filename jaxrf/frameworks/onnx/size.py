"""The number of nodes of a file with its functions written out, checked before any work is done.

Functions may call functions: a file of a few lines can stand for more nodes than there is memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jaxrf.errors import ModelError

__all__ = ["check_size"]

MOST = 50_000  # nodes; at 1 ms each, an answer takes a minute at most
_DEEPEST = 100  # functions that call each other

_Key = tuple[str, str, str]


def check_size(model: Any) -> None:
    """Refuse a file that would take minutes, or for ever.

    Raises:
        ModelError: too many nodes, functions nested too deep, or one that calls itself.
    """
    functions = {(f.domain, f.name, getattr(f, "overload", "")): f for f in model.functions}
    total = _count(model.graph.node, functions, {}, ())
    if total > MOST:
        inside = ", those of its functions counted at every call" if functions else ""
        raise ModelError(
            f"onnx: the file comes to {total if total < 10**12 else 'more than 10^12'} nodes"
            f"{inside}; need {MOST} or fewer: cut it with onnx.utils.extract_model"
        )


def _count(
    nodes: Any, functions: dict[_Key, Any], known: dict[_Key, int], calls: tuple[_Key, ...]
) -> int:
    """Nodes that these nodes come to, graphs inside them included."""
    if len(calls) > _DEEPEST:
        raise ModelError(
            f"onnx: functions are nested more than {_DEEPEST} deep ({calls[0][1]}, {calls[1][1]}, "
            "...); need a file with its functions written out (onnx.inliner)"
        )
    total = 0
    for node in _all(nodes):
        key = (node.domain, node.op_type, getattr(node, "overload", ""))
        if key not in functions:
            total += 1
            continue
        if key in calls:
            raise ModelError(f"onnx: function {key[1]} calls itself; need a file without recursion")
        if key not in known:
            known[key] = _count(functions[key].node, functions, known, (*calls, key))
        total += known[key]
    return total


def _all(nodes: Any) -> Iterator[Any]:
    for node in nodes:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _all(attribute.g.node)
            for graph in attribute.graphs:
                yield from _all(graph.node)
