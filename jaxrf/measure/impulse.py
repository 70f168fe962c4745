"""Impulses: cotangents that are zero everywhere but at one feature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["at_feature"]


def at_feature(values: jax.Array, dims: Sequence[int | None], at: Iterable[Any]) -> jax.Array:
    """Keep ``values`` at one feature and zero the rest; traceable in ``at``.

    Args:
        values: of the shape of the end-point's :class:`~jaxrf.theory.solve.outputs.OutputGrid`.
        dims: per spatial axis, the dimension that follows it; None for an axis without one.
        at: index per spatial axis.
    """
    for dim, index in zip(dims, at, strict=True):
        if dim is not None:
            grid = [-1 if d == dim else 1 for d in range(values.ndim)]
            here = (jnp.arange(values.shape[dim]) == index).reshape(grid)
            values = jnp.where(here, values, 0)
    return values
