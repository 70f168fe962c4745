"""The uncorrelated parts of a value: what differs from place to place, and what places share.

Tokens that have read the same tokens share most of what they have read. Weights that are the same
at every place keep it so. Where all places are averaged again, what they share passes unchanged,
while what each place has of its own averages out. A value is therefore handed on in *parts*: one
whose elements differ along all axes, and others that are the same random element everywhere along
some axes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import (
    LinearCombination,
    Source,
    Term,
    scalar_if_uniform,
)

__all__ = ["Part", "as_combination", "parts_of"]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a value, uncorrelated with the others.

    Attributes:
        source: its energy, in the shape of the value.
        constant_along: axes along which it is one and the same element.
    """

    source: Source
    constant_along: frozenset[int] = frozenset()


def parts_of(
    combination: LinearCombination, shape: Sequence[int], axes: Collection[int]
) -> list[Part]:
    """The parts of a value: first what differs from place to place, then what is shared.

    Args:
        combination: the value.
        shape: of the value.
        axes: along which parts may be shared; along all others, elements count as different.
    """
    same: dict[Source, frozenset[int]] = {}
    for (
        term
    ) in combination:  # x and its mean cancel in part where they are subtracted: kept together
        placed = term.per_element[1] if term.per_element else None
        free = (a for a in axes if shape[a] > 1 and term.layout[a] is None)
        along = frozenset(a for a in free if a != placed)
        same[term.source] = same.get(term.source, along) & along
    groups: dict[frozenset[int], list[Term]] = {}
    for term in combination:
        groups.setdefault(same[term.source], []).append(term)
    own = groups.pop(frozenset(), [])
    sources = [as_source(tuple(own), shape)] if own else []
    parts = []
    for along, terms in groups.items():
        even = tuple(_evened(t, along) for t in terms)
        common, whole = as_source(even, shape), as_source(tuple(terms), shape)
        parts.append(Part(common, along))
        if any(not isinstance(t.scale, float) for t in terms):  # gates differ from place to place
            rest = jnp.maximum(whole.energy - common.energy, 0.0)
            sources.append(replace(whole, energy=rest))
    if sources:
        energy = sum((s.energy for s in sources[1:]), sources[0].energy)
        correlated = any(s.correlated for s in sources)
        parts.insert(0, Part(Source(energy, tuple(shape), correlated, sources[0].normalizer)))
    return parts


def as_combination(part: Part) -> LinearCombination:
    """A part as a linear combination of one source."""
    source, rank = part.source, len(part.source.shape)
    lengths = tuple(1 if d in part.constant_along else n for d, n in enumerate(source.shape))
    layout = tuple(None if d in part.constant_along else d for d in range(rank))
    return (Term(replace(source, shape=lengths), (None,) * rank, layout),)


def _evened(term: Term, axes: Collection[int]) -> Term:
    """A term with its mean scale along axes, where it is the same element everywhere."""
    if isinstance(term.scale, float):
        return term
    mean = np.broadcast_to(np.mean(term.scale, tuple(axes), keepdims=True), np.shape(term.scale))
    return replace(term, scale=mean if term.per_element else scalar_if_uniform(mean))
