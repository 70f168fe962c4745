"""Exact supports, holes included: boolean masks carried backward through the graph.

Masks are broadcastable to the shape of their node, like the intervals of the forward pass, and are
joint over all dimensions, so that crosses and diagonal sets come out as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np

from jaxrf.geometry.graph import (
    AnyOf,
    Concatenate,
    Graph,
    Groups,
    Node,
    Read,
    Reshape,
    Running,
    Taps,
)
from jaxrf.geometry.layers import Window
from jaxrf.geometry.reshape import reshape_broadcastable

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
        for operand, part in _operand_masks(reached, here, shapes[index], shapes):
            if part is None or not part.any():
                continue
            masks[operand] = part if operand not in masks else masks[operand] | part
    return np.broadcast_to(masks.get(source, np.zeros((), bool)), shapes[source])


def _operand_masks(
    node: Node, mask: np.ndarray, output: tuple[int, ...], graph_shapes: list[tuple[int, ...]]
):
    """(operand, mask of what the chosen elements read of it)."""
    shapes = [graph_shapes[i] for i in node.operands]
    if isinstance(node.how, Reshape):
        yield node.operands[0], reshape_broadcastable(mask, output, shapes[0], lead=0)
    elif isinstance(node.how, Concatenate):
        dim, start = node.how.dim, 0
        for operand, shape in zip(node.operands, shapes, strict=True):
            piece = mask
            if mask.shape[dim] > 1:
                piece = np.take(mask, range(start, start + shape[dim]), dim)
            start += shape[dim]
            yield operand, piece
    else:
        for operand, shape, read in zip(node.operands, shapes, node.how, strict=True):
            yield operand, _read_back(mask, output, shape, read)


def _read_back(
    mask: np.ndarray, output: tuple[int, ...], shape: tuple[int, ...], read: Read | AnyOf
) -> np.ndarray:
    """What of an operand of ``shape`` the chosen outputs read."""
    if isinstance(read, AnyOf):
        return reduce(np.logical_or, (_read_back(mask, output, shape, r) for r in read.reads))
    if read.where is not None:
        mask = mask & read.where
    spread = tuple(d for d, step in enumerate(read.dims) if step is None)
    if spread:
        mask = np.asarray(mask.any(spread, keepdims=True))
    for d, step in enumerate(read.dims):
        if step is not None:
            mask = _access_back(mask, d, output[d], shape[step[0]], step[1])
    kept = [d for d in range(len(output)) if d not in spread]
    followed = [step[0] for step in read.dims if step is not None]
    order = [kept[i] for i in np.argsort(followed)]
    lengths = iter(mask.transpose(*order, *spread).shape)
    return mask.transpose(*order, *spread).reshape(
        [next(lengths) if d in followed else 1 for d in range(len(shape))]
    )


def _access_back(mask: np.ndarray, dim: int, outputs: int, inputs: int, access) -> np.ndarray:
    """Along one dimension: the input indices that the chosen output indices read."""
    if isinstance(access, Groups):
        return _groups_back(mask, dim, inputs, access.count)
    if isinstance(access, Running):
        return _running_back(mask, dim, access.reverse)
    if isinstance(access, Window) and access == Window() and outputs == inputs:
        return mask
    mask = np.broadcast_to(mask, [outputs if d == dim else n for d, n in enumerate(mask.shape)])
    mask = np.moveaxis(mask, dim, 0)
    back = np.zeros((inputs, *mask.shape[1:]), bool)
    if isinstance(access, Taps):
        for taps in access.table.T:
            np.logical_or.at(back, taps[taps >= 0], mask[taps >= 0])
    else:
        for indices, chosen in _taps_in_range(access, outputs, inputs):
            back[indices] |= mask[chosen]  # a tap reads each input once: indices are distinct
    return np.moveaxis(back, 0, dim)


def _taps_in_range(w: Window, outputs: int, inputs: int):
    """Per tap: the input indices that are real, and the outputs that read them."""
    u = np.arange(outputs)
    for j in range(w.kernel):
        indices, rest = np.divmod(u * w.stride - w.before + j * w.dilation, w.base_dilation)
        chosen = (rest == 0) & (indices >= 0) & (indices < inputs)
        if chosen.any():
            yield indices[chosen], chosen


def _running_back(mask: np.ndarray, dim: int, reverse: bool) -> np.ndarray:
    """Input i is read by the outputs from i on, or up to it."""
    if reverse:
        return np.logical_or.accumulate(mask, dim)
    return np.flip(np.logical_or.accumulate(np.flip(mask, dim), dim), dim)


def _groups_back(mask: np.ndarray, dim: int, inputs: int, count: int) -> np.ndarray:
    """All to all within each of ``count`` groups."""
    if mask.shape[dim] == 1:
        return mask
    if count == 1:
        return np.asarray(mask.any(dim, keepdims=True))
    shape = mask.shape
    groups = mask.reshape(*shape[:dim], count, -1, *shape[dim + 1 :]).any(dim + 1)
    return groups.repeat(inputs // count, dim)
