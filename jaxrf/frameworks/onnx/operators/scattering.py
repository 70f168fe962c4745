"""Writing at indices."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from jaxrf.frameworks.onnx.operators.indexing import wrapped
from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator

_METHODS = {"none": "set", "add": "add", "mul": "multiply", "max": "max", "min": "min"}


@operator("ScatterND")
def scatter_nd(node: NodeView, x, indices, updates):
    """``updates`` at the coordinates in the last axis of ``indices``."""
    depth = np.shape(indices)[-1]
    where = tuple(wrapped(indices[..., d], x.shape[d]) for d in range(depth))
    return _write(node, x, where, updates)


@operator("ScatterElements", "Scatter")
def scatter_elements(node: NodeView, x, indices, updates):
    """One index per update, along ``axis``."""
    axis = node.get("axis", 0) % x.ndim
    where = list(np.indices(np.shape(indices), sparse=True))
    where[axis] = wrapped(indices, x.shape[axis])
    return _write(node, x, tuple(where), updates)


def _write(node: NodeView, x, where: tuple, updates):
    reduction = node.get("reduction", "none")
    if reduction not in _METHODS:
        raise Unmapped(f"{node.op} with reduction={reduction}")
    return getattr(jnp.asarray(x).at[where], _METHODS[reduction])(updates)
