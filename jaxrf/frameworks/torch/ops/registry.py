"""One decorator, one table: the name of an ATen operation -> the JAX function that computes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["OPS", "alias", "each", "op", "together"]

# "conv2d", or "max.dim" where the overloads of a name mean different things.
OPS: dict[str, Callable[..., Any]] = {}


def op(*names: str):
    """Register a function under ATen names; its signature is that of their schema.

    Tensors arrive as arrays (numpy where their value is known), dtypes as JAX dtypes, devices and
    memory formats as None. A function returns NotImplemented where it cannot compute what it is
    asked for.
    """

    def register(function):
        for name in names:
            OPS[name] = function
        return function

    return register


def alias(table: dict[str, Callable[..., Any]]) -> None:
    """Register operations that are a JAX function as it stands."""
    OPS.update(table)


def each(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """One integer per axis from PyTorch's int, list of one or list of ``rank``."""
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * rank if len(values) == 1 else values


def together(*arrays: Any) -> list[jax.Array]:
    """Arrays in their common dtype, for the functions of lax, which do not promote."""
    dtype = jnp.result_type(*arrays)
    return [jnp.asarray(array, dtype) for array in arrays]
