"""The backward slice of a node of a graph: all nodes that it depends on."""

from __future__ import annotations

from jaxrf.geometry.graph import Graph

__all__ = ["backward_slice"]


def backward_slice(graph: Graph, target: int) -> list[int]:
    """A node and all that it depends on, in order of execution.

    Args:
        graph: whose nodes stand in order of execution.
        target: index of the node.
    """
    wanted, found = {target}, []
    for index in range(target, -1, -1):
        if index in wanted:
            wanted.update(graph.nodes[index].operands)
            found.append(index)
    return found[::-1]
