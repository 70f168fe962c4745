"""Stacks: concatenations of pieces with one more dimension, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jax import lax

from jaxrf.program import compat
from jaxrf.program.writer import Writer

__all__ = ["pieces_of", "stack", "stacked", "unstack"]


def stack(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """Operands side by side along a new dimension."""
    return writer.trace(stacked(eqn.params["axis"]), eqn.invars, inputs, place, sources)


def unstack(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int]:
    """Every index of a dimension on its own."""
    pieces = pieces_of(len(eqn.outvars), eqn.params["axis"])
    return writer.trace(pieces, eqn.invars, inputs, place, sources)


def stacked(axis: int) -> Callable[..., Any]:
    """The function that puts its operands side by side along a new dimension."""
    return lambda *xs: [lax.concatenate([lax.expand_dims(x, (axis,)) for x in xs], axis)]


def pieces_of(length: int, axis: int) -> Callable[..., Any]:
    """The function that returns every index of a dimension of its operand on its own."""
    return lambda x: [lax.index_in_dim(x, n, axis, keepdims=False) for n in range(length)]
