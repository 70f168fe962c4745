"""Thin values: length 1 along dimensions in which a value is the same everywhere.

Positive weights are all alike, so the channels of a layer are alike too, and one of them stands for
all: a thin value is broadcast to the shape of the value when a rule needs it whole. That changes no
number, and costs a network of 2048 channels the work of one with a single channel.

A rule that is marked :func:`keeps_thin` gets operands as they are. All others get whole arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from math import prod
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["common", "is_thin_rule", "keeps_thin", "reshaped", "unbroadcast", "whole"]

Rule = TypeVar("Rule", bound=Callable[..., Any])
_RULES: set[Callable[..., Any]] = set()


def keeps_thin(rule: Rule) -> Rule:
    """Mark a rule whose operands may be thin, and whose results then are."""
    _RULES.add(rule)
    return rule


def is_thin_rule(rule: Callable[..., Any] | None) -> bool:
    """Whether a rule takes thin operands."""
    return rule in _RULES


def whole(x: jax.Array, shape: Sequence[int], dims: Collection[int] | None = None) -> jax.Array:
    """A thin value at its whole length.

    Args:
        x: the value.
        shape: of the value in the model.
        dims: the dimensions that are needed whole; all by default.
    """
    if dims is not None:
        shape = [n if d in dims else m for d, (n, m) in enumerate(zip(shape, x.shape, strict=True))]
    return x if x.shape == tuple(shape) else jnp.broadcast_to(x, shape)


def common(parts: Sequence[jax.Array], rank: int) -> tuple[int, ...]:
    """The smallest shape that all parts can be broadcast to; scalars stand for any rank."""
    return np.broadcast_shapes((1,) * rank, *(part.shape for part in parts))


def unbroadcast(array: np.ndarray) -> np.ndarray:
    """A broadcast array before it was broadcast, of the same rank."""
    return array[tuple(slice(0, 1) if step == 0 else slice(None) for step in array.strides)]


def reshaped(x: jax.Array, before: Sequence[int], after: Sequence[int]) -> jax.Array:
    """A thin value of shape ``before`` as one of shape ``after``.

    >>> reshaped(jnp.ones((1, 4, 1)), (1, 4, 6), (2, 2, 3, 2)).shape
    (2, 2, 1, 1)
    """
    if 0 in before:
        return jnp.reshape(whole(x, before), after)
    sizes = list(after)
    needed: list[int] = []
    for sources, targets in _groups(before, after):
        if all(x.shape[d] == 1 for d in sources):
            for d in targets:
                sizes[d] = 1
        else:
            needed += sources
    return jnp.reshape(whole(x, before, needed), sizes)


def _groups(before: Sequence[int], after: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Dimensions of both shapes that hold the same elements, in the smallest groups."""
    i = j = 0
    while i < len(before) or j < len(after):
        a, b = i, j
        i, j = min(i + 1, len(before)), min(j + 1, len(after))
        while (m := prod(before[a:i])) != (n := prod(after[b:j])):
            if m < n:
                i += 1
            else:
                j += 1
        yield list(range(a, i)), list(range(b, j))
