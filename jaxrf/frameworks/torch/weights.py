"""The variables of a network: parameters and floating buffers of the torch module."""

from __future__ import annotations

from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

from jaxrf.frameworks.torch.dtypes import from_torch, jax_dtype

__all__ = ["shapes", "weights"]


def weights(state: dict[str, torch.Tensor], key: Any) -> dict[str, np.ndarray | jax.Array]:
    """Name -> value: the module's own, whatever the key.

    A module on torch's meta device has none: they are drawn, matrices and kernels from
    N(0, 1 / fan-in), scales and variances one, everything else zero.
    """
    names = sorted(state)
    keys = jax.random.split(key, len(names)) if any(t.is_meta for t in state.values()) else names
    return {
        name: _drawn(name, state[name], k) if state[name].is_meta else from_torch(state[name])
        for name, k in zip(names, keys, strict=True)
    }


def shapes(state: dict[str, torch.Tensor]) -> dict[str, jax.ShapeDtypeStruct]:
    """Shapes and dtypes of :func:`weights`."""
    return {n: jax.ShapeDtypeStruct(tuple(t.shape), jax_dtype(t.dtype)) for n, t in state.items()}


def _drawn(name: str, tensor: torch.Tensor, key: Any) -> jax.Array:
    shape, dtype = tuple(tensor.shape), jax_dtype(tensor.dtype)
    if len(shape) > 1:
        return jax.random.normal(key, shape, dtype) / prod(shape[1:]) ** 0.5
    one = name.rpartition(".")[2] in ("weight", "running_var")
    return jnp.full(shape, float(one), dtype)
