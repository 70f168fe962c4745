"""What all places of a value have in common: the same random element everywhere along an axis.

Tokens that have read the same tokens share most of what they were told. Weights that are the same
at every place keep it so; and where all places are averaged again, what they share comes through
whole, while what each has of its own averages out. A value is therefore handed on in *parts*: what
places do not share, and what they do.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import (
    LinearCombination,
    Source,
    Term,
    scalar_if_uniform,
)

__all__ = ["Part", "as_combination", "magnitudes", "parts_of"]


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
    """The parts of a value: its own at every place first, then what is the same along some axes.

    Args:
        form: the value.
        shape: of the value.
        axes: along which it may matter.
    """
    same: dict[Source, frozenset[int]] = {}
    for (
        term
    ) in combination:  # a mean of what it is subtracted from cancels in part: they stay together
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
    """The form of a part."""
    source, rank = part.source, len(part.source.shape)
    lengths = tuple(1 if d in part.constant_along else n for d, n in enumerate(source.shape))
    layout = tuple(None if d in part.constant_along else d for d in range(rank))
    return (Term(replace(source, shape=lengths), (None,) * rank, layout),)


def _evened(term: Term, axes: Collection[int]) -> Term:
    """The mean scale along axes: what a common element passes to all of them together."""
    if isinstance(term.scale, float):
        return term
    mean = np.broadcast_to(np.mean(term.scale, tuple(axes), keepdims=True), np.shape(term.scale))
    return replace(term, scale=mean if term.per_element else scalar_if_uniform(mean))


def magnitudes(values: jax.typing.ArrayLike) -> np.ndarray:
    """Values as float64; of complex ones their magnitude, since energies have no phase."""
    found = np.asarray(values)
    return np.asarray(np.abs(found) if np.iscomplexobj(found) else found, np.float64)
