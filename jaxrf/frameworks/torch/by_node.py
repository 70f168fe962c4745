"""Operations that need the nodes of their operands, not only the values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import torch
from torch.fx import Node

from jaxrf.frameworks.torch.nodes import operation
from jaxrf.frameworks.torch.ops.registry import each
from jaxrf.frameworks.torch.ops.sampling import sample_grid

__all__ = ["BY_NODE", "places_of"]

# What changes the shape of an array and nothing else.
_SAME = "unsqueeze squeeze view reshape flatten unflatten clone contiguous alias detach".split()


def _grid_sampler(node: Node, lookup: Callable[..., Any], places: dict[Node, torch.Tensor]) -> Any:
    """At places that follow from no weight and no input."""
    x, grid, mode, padding, align = node.args[:5]
    known = places.get(grid)  # type: ignore[arg-type]
    if known is None:
        return NotImplemented
    return sample_grid(lookup(x), known.detach().numpy(), mode, padding, bool(align))  # type: ignore[arg-type]


def _max_unpool(node: Node, lookup: Callable[..., Any], places: dict[Node, torch.Tensor]) -> Any:
    """Max-unpooling: elements go back to the maxima of a pooling with disjoint windows."""
    values, indices, size = node.args[:3]
    pool = _pooling_of(indices)
    if pool is None:
        return NotImplemented
    taken = pool.args[0].meta["val"].shape  # type: ignore[union-attr]
    rank = int(operation(pool)[len("max_pool")])
    window = each(pool.args[1], rank)  # type: ignore[arg-type]
    given = dict(zip(("stride", "padding", "dilation", "ceil_mode"), pool.args[2:], strict=False))
    stride = each(given.get("stride") or window, rank)  # type: ignore[arg-type]
    padding, dilation = (each(given.get(n, d), rank) for n, d in (("padding", 0), ("dilation", 1)))  # type: ignore[arg-type]
    if stride != window or any(padding) or any(d != 1 for d in dilation):
        return NotImplemented
    inner = tuple(taken[-rank:])
    if int(np.prod(size)) != int(np.prod(inner)):  # type: ignore[arg-type]
        return NotImplemented  # into an image of another size: the places mean other pixels
    x, where = lookup(values), lookup(indices)
    shape = (*taken[:-rank], *pool.meta["val"][0].shape[-rank:])
    x, where = x.reshape(shape), where.reshape(shape)
    for axis, (k, n) in enumerate(zip(window, inner, strict=True)):
        d = axis - rank
        x, where = (_fitted(jnp.repeat(a, k, d), d, n) for a in (x, where))
    own = np.arange(int(np.prod(inner)), dtype=np.int32).reshape(inner)
    return jnp.where(where == own, x, 0).astype(x.dtype).reshape(node.meta["val"].shape)


def _fitted(x: Any, axis: int, length: int) -> Any:
    """Cut, or padded with what is no place, to a length."""
    x = jnp.moveaxis(x, axis, -1)[..., :length]
    pads = [(0, 0)] * (x.ndim - 1) + [(0, length - x.shape[-1])]
    return jnp.moveaxis(jnp.pad(x, pads, constant_values=-1), -1, axis)


def _pooling_of(indices: Any) -> Node | None:
    """The pooling whose second result this is, in whatever shape."""
    while isinstance(indices, Node) and operation(indices) in _SAME:
        indices = indices.args[0]
    if not isinstance(indices, Node) or indices.target is not operator.getitem:
        return None
    made = indices.args[0]
    if indices.args[1] != 1 or not isinstance(made, Node):
        return None
    return made if operation(made).endswith("d_with_indices") else None


# name -> (node, value of a node, places that are known) -> value, or NotImplemented
BY_NODE: dict[str, Callable[[Node, Callable[..., Any], dict[Node, torch.Tensor]], Any]] = {
    "grid_sampler": _grid_sampler,
    "grid_sampler_2d": _grid_sampler,
    "grid_sampler_3d": _grid_sampler,
    "max_unpool2d": _max_unpool,
    "max_unpool3d": _max_unpool,
}


def places_of(nodes: list[Node], values: Callable[[], dict[Node, Any]]) -> dict[Node, torch.Tensor]:
    """Grids whose values are known, if any are asked for; ``values`` computes all known ones."""
    grids = [
        n.args[1]
        for n in nodes
        if n.op == "call_function" and operation(n).startswith("grid_sampler")
    ]
    found = values() if grids else {}
    return {grid: found[grid] for grid in grids if grid in found}  # type: ignore[index, misc]
