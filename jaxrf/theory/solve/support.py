"""Exact supports, holes included: boolean masks carried backward through the graph.

Masks are broadcastable to the shape of their node, like the intervals of the forward pass, and are
joint over all dimensions, so that crosses and diagonal sets come out as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from jaxrf.geometry.graph import Graph
from jaxrf.geometry.node import Node
from jaxrf.geometry.words import Move

__all__ = ["solve_support", "united_support"]


def solve_support(graph: Graph, node: int, mask: np.ndarray, *, source: int = 0) -> np.ndarray:
    """The inputs that can influence the chosen elements of a node.

    Args:
        graph: the traced graph, shapes known.
        node: index of the node.
        mask: bool, broadcastable to its shape: the chosen elements.
        source: index of the input node.

    Returns:
        bool array of the input's shape (read-only where broadcast).

    Raises:
        InvalidGraph: a graph built by hand without shapes.
    """
    return united_support(graph, {node: mask}, source=source)


def united_support(
    graph: Graph, chosen: Mapping[int, np.ndarray], *, source: int = 0
) -> np.ndarray:
    """:func:`solve_support` for chosen elements of several nodes, united.

    Args:
        graph: the traced graph, shapes known.
        chosen: index of a node -> bool, broadcastable to its shape: the chosen elements.
        source: index of the input node.
    """
    shapes = [n.full_shape for n in graph.nodes]
    masks = {
        node: np.asarray(mask, bool).reshape(
            (1,) * (len(shapes[node]) - np.ndim(mask)) + np.shape(mask)
        )
        for node, mask in chosen.items()
    }
    for index in range(max(masks), source, -1):
        if index not in masks or index == source:
            continue
        reached, here = graph.nodes[index], masks.pop(index)
        operands = [shapes[i] for i in reached.operands]
        parts = _operand_masks(reached, here, operands, shapes[index])
        for operand, part in zip(reached.operands, parts, strict=True):
            if not part.any():
                continue
            masks[operand] = part if operand not in masks else masks[operand] | part
    return np.broadcast_to(masks.get(source, np.zeros((), bool)), shapes[source])


def _operand_masks(
    node: Node, mask: np.ndarray, operands: Sequence[tuple[int, ...]], output: tuple[int, ...]
) -> Iterable[np.ndarray]:
    """Per operand, what the chosen elements read of it."""
    if isinstance(node.dependence, Move):
        return node.dependence.back(mask, operands, output)
    pairs = zip(node.dependence, operands, strict=True)
    return (read.back(mask, operand, output) for read, operand in pairs)
