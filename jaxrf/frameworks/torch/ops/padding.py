"""Padding of every mode; PyTorch lists (before, after) from the last axis backwards."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.torch.ops.registry import op

_NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@op("pad")
def pad(x, pad, mode="constant", value=None):
    """Any mode; negative amounts crop."""
    if mode == "constant":
        return constant_pad(x, pad, 0 if value is None else value)
    pairs = _pairs(x, pad)
    crop = [(min(low, 0), min(high, 0), 0) for low, high in pairs]
    if any(low or high for low, high, _ in crop):
        x = lax.pad(x, np.zeros((), x.dtype)[()], crop)
    return jnp.pad(x, [(max(a, 0), max(b, 0)) for a, b in pairs], mode=_NUMPY_MODES[mode])


@op("constant_pad_nd")
def constant_pad(x, pad, value=0):
    """One value all around."""
    config = [(low, high, 0) for low, high in _pairs(x, pad)]
    return lax.pad(x, np.array(value, x.dtype)[()], config)


def _pairs(x, pad) -> list[tuple[int, int]]:
    """(before, after) of every axis, the first axis first."""
    pairs = list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    return [(0, 0)] * (x.ndim - len(pairs)) + pairs


def _of_mode(mode: str):
    def padded(x, padding):
        """As ``pad`` of one mode."""
        return pad(x, padding, mode)

    return padded


for _rank in (1, 2, 3):
    op(f"reflection_pad{_rank}d")(_of_mode("reflect"))
    op(f"replication_pad{_rank}d")(_of_mode("replicate"))
