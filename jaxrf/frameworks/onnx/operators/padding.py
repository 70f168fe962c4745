"""Padding; negative amounts crop."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator

_MODES = {"reflect": "reflect", "edge": "edge", "wrap": "wrap"}


@operator("Pad", known=(1, 3))
def pad(node: NodeView, x, pads=None, value=None, axes=None):
    """``pads`` holds all amounts before, then all after; of ``axes`` only, where given."""
    amounts = node.get("pads", node.get("paddings")) if pads is None else pads.tolist()
    chosen = range(x.ndim) if axes is None else [int(a) % x.ndim for a in axes]
    half = len(amounts) // 2
    widths = [(0, 0)] * x.ndim
    for axis, low, high in zip(chosen, amounts[:half], amounts[half:], strict=True):
        widths[axis] = (int(low), int(high))
    mode = node.get("mode", "constant")
    if mode == "constant":
        value = node.get("value", 0.0) if value is None else value
        scalar = jnp.asarray(value, x.dtype).reshape(())
        return lax.pad(x, scalar, [(low, high, 0) for low, high in widths])
    if mode not in _MODES:
        raise Unmapped(f"Pad with mode={mode}")
    crop = [(min(low, 0), min(high, 0), 0) for low, high in widths]
    inner = lax.pad(x, np.zeros((), x.dtype)[()], crop) if np.any(crop) else x
    return jnp.pad(inner, [(max(low, 0), max(high, 0)) for low, high in widths], _MODES[mode])
