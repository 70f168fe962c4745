"""A graph of feature maps, one row per node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.arguments.names import some
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.geometry.graph import Graph

__all__ = ["table", "to_dict"]


def table(graph: Graph) -> TextTable:
    """A row for every node: what it is, what it reads, its shape."""
    rows = tuple(
        (
            node.name,
            node.op,
            some((graph.nodes[i].name for i in node.operands), 4),
            "-" if node.shape is None else "x".join(map(str, node.shape)) or "scalar",
        )
        for node in graph.nodes
    )
    title = f"graph of {len(graph.nodes)} nodes"
    return TextTable(title, ("node", "op", "of", "shape"), rows, words=3)


def to_dict(graph: Graph) -> dict[str, Any]:
    """One entry per node: its operation, what it reads, its shape, its source line."""
    return {
        "nodes": [
            {
                "name": node.name,
                "op": node.op,
                "of": [graph.nodes[i].name for i in node.operands],
                "shape": None if node.shape is None else list(node.shape),
                "source": node.source,
            }
            for node in graph.nodes
        ]
    }
