"""The energy of a value, the expected square of its linear combination of sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.cross_terms import CrossTerm, cross_term, total_energy
from jaxrf.measure.energy.linear_combination import (
    Coefficient,
    LinearCombination,
    Source,
    Term,
    as_rows,
    channel_profile,
    is_correlated,
    normalizer,
    scalar_if_uniform,
)

__all__ = ["as_source"]


def as_source(
    combination: LinearCombination,
    shape: Sequence[int],
    mean: Callable[[np.ndarray], float] = np.mean,
) -> Source:
    """A value as a source of its own, with its energy; its own sources are forgotten.

    Args:
        combination: the value.
        shape: of the value.
        mean: takes the mean of a product of scales over elements; over all of them by default.
    """
    if (
        len(combination) == 1
        and _plain(combination[0])
        and combination[0].source.shape == tuple(shape)
    ):
        source, scale = combination[0].source, float(combination[0].scale)
        return source if scale == 1 else replace(source, energy=source.energy * scale**2)
    if 0 in shape:  # no elements, as behind a roll by nothing
        return Source(jnp.zeros((1,) * len(shape)), tuple(shape))
    parts: list[CrossTerm | None] = []
    for one, other in combinations_with_replacement(combination, 2):
        if one.per_element or other.per_element:
            parts.append(_rowwise(one, other, shape))
            continue
        pair = cross_term(one, other)
        if pair is None:
            continue
        product = (
            scalar_if_uniform(np.multiply(_weighted(one), other.scale))
            if _arrays(one, other)
            else (float(one.scale) * float(other.scale))
        )
        weight = (product if isinstance(product, float) else float(mean(product))) * (
            1 if one is other else 2
        )
        if weight:
            parts.append(replace(pair, weight=weight))
    rank = len(shape)
    energy = total_energy(part for part in parts if part)
    energy = jnp.zeros((1,) * rank) if energy is None else energy
    correlated = is_correlated(combination, range(rank))
    return Source(
        energy, tuple(shape), correlated, normalizer(combination), _passed(combination, shape)
    )


def _rowwise(one: Term, other: Term, shape: Sequence[int]) -> CrossTerm | None:
    """The cross term of a pair of which at least one has a map that differs between elements."""
    if one.source is not other.source:
        return None
    axis = (one.per_element or other.per_element)[0]  # type: ignore[index]
    places = {t.per_element[1] for t in (one, other) if t.per_element}
    places |= {a for t in (one, other) for a, d in enumerate(t.layout) if d == axis}
    places -= {None}
    if len(places) > 1:
        return None
    place = next(iter(places), None)
    ours, theirs = (as_rows(t, axis, place, shape) for t in (one, other))
    if ours is None or theirs is None:
        return None
    product = np.multiply(ours, theirs, dtype=np.float64)
    others = tuple(d for d in range(len(shape)) if d != place)
    matrix = product.mean(others)
    matrix = matrix[None] if place is None else matrix
    if place is not None and len(matrix) == 1:
        matrix = np.broadcast_to(matrix, (shape[place], matrix.shape[1]))
    first, second = (
        replace(
            t.with_matrix(axis, m),
            layout=tuple(axis if a == place else d for a, d in enumerate(t.layout)),
            scale=1.0,
            per_element=None,
        )
        for t, m in ((one, matrix), (other, np.ones_like(matrix)))
    )
    return cross_term(first, second, 1.0 if one is other else 2.0)


def _plain(term: Term) -> bool:
    ordered = term.layout == tuple(range(len(term.source.shape)))
    return ordered and isinstance(term.scale, float) and all(m is None for m in term.matrices)


def _weighted(term: Term) -> Coefficient:
    """The scale of a term, times the channel profile of its source."""
    line = channel_profile(term)
    if line is None or isinstance(term.scale, float):
        return term.scale if line is None else term.scale * line
    # a scale may have the axes of its source behind those of the value
    behind = (1,) * (term.scale.ndim - line.ndim)
    return np.multiply(term.scale, line.reshape(*line.shape, *behind))


def _passed(combination: LinearCombination, shape: Sequence[int]) -> tuple[int, np.ndarray] | None:
    """The channel profile of a value: that of its source, times the mean square of its scale."""
    lines = [channel_profile(t) for t in combination]
    if len(combination) != 1 or lines[0] is None:
        return None
    place = combination[0].layout.index(combination[0].source.channel_profile[0])  # type: ignore[index]
    line = lines[0].ravel()
    if not isinstance(combination[0].scale, float):
        # a scale may have the axes of its source behind those of the value
        others = tuple(d for d in range(combination[0].scale.ndim) if d != place)
        line = line * np.mean(np.square(combination[0].scale, dtype=np.float64), others)
    return (place, line / line.mean()) if line.any() else None


def _arrays(one: Term, other: Term) -> bool:
    return not (isinstance(one.scale, float) and isinstance(other.scale, float))
