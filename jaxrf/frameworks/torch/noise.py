"""Random numbers that a module draws: only their shape follows from the input.

Their values are of no more consequence than those of weights: they are drawn once by torch, from a
seed of the node's own, and no zero among them counts as a missing connection.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import torch
from torch.fx import Node

from jaxrf.frameworks.torch.dtypes import from_torch
from jaxrf.frameworks.torch.nodes import operation, stand_in

__all__ = ["noise_values"]

_NOISE = """
rand rand_like randn randn_like normal_functional uniform exponential log_normal cauchy
normal.float_float bernoulli.p
""".split()


def noise_values(nodes: list[Node]) -> dict[Node, Any]:
    """Node -> array, of every floating operation that draws numbers of a given distribution."""
    return {node: _drawn(node) for node in nodes if _is_noise(node)}


def _is_noise(node: Node) -> bool:
    if node.op != "call_function" or not isinstance(node.meta.get("val"), torch.Tensor):
        return False
    name = operation(node)
    overload = getattr(node.target, "_overloadname", "")
    floating = node.meta["val"].is_floating_point()
    return floating and (name in _NOISE or f"{name}.{overload}" in _NOISE)


def _drawn(node: Node) -> Any:
    args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), stand_in)
    if kwargs.get("device") is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(crc32(node.name.encode()))
        return from_torch(node.target(*args, **kwargs))  # type: ignore[operator]
