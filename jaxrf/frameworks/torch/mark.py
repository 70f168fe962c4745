"""``jaxrf.constant`` inside a PyTorch module: an operation of torch's own that survives the export.

It is an identity for torch, compiled or not. In an exported graph it says which tensors are a part
of the architecture.
"""

from __future__ import annotations

import torch
from torch.fx import Node

from jaxrf.frameworks.torch.nodes import operation

__all__ = ["MARK", "is_mark", "marked"]

MARK = "jaxrf::constant"


@torch.library.custom_op(MARK, mutates_args=(), schema="(Tensor x) -> Tensor")
def _identity(x: torch.Tensor) -> torch.Tensor:
    return x.clone()


_identity.register_fake(lambda x: torch.empty_like(x))
_identity.register_autograd(lambda context, gradient: gradient)
_identity.register_vmap(lambda info, axes, x: (_identity(x), axes[0]))


def marked(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor itself, marked in whatever is exported."""
    return _identity(tensor)


def is_mark(node: Node) -> bool:
    """Whether a node of an exported graph is :func:`jaxrf.constant`."""
    return node.op == "call_function" and operation(node) == MARK
