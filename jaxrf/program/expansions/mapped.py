"""Collectives over axes of ``vmap``, which are ordinary dimensions in the traced program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp

from jaxrf.program import compat
from jaxrf.program.writer import Writer

__all__ = ["REDUCTIONS", "reduction"]


def reduction(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int] | None:
    """A sum, maximum or minimum over dimensions; None where axes of devices are among them."""
    axes, join = eqn.params["axes"], REDUCTIONS[eqn.primitive.name]
    if not all(isinstance(axis, int) for axis in axes) or eqn.params.get("axis_index_groups"):
        return None
    return writer.trace(lambda *xs: [join(x, axes) for x in xs], eqn.invars, inputs, place, sources)


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "psum": lambda x, axes: jnp.sum(x, axes, dtype=x.dtype),
    "pmax": jnp.max,
    "pmin": jnp.min,
}
