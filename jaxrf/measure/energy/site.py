"""The site of a rule of the energy prediction, and what holds for primitives without a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import (
    LinearCombination,
    Source,
    Term,
    identity,
    mean_scale,
    mixes,
    scalar_if_uniform,
)
from jaxrf.measure.energy.uncorrelated_parts import as_combination, parts_of
from jaxrf.program.folded_operands import FoldedOperands
from jaxrf.program.reading import Reading

__all__ = [
    "AVERAGES_AGAIN",
    "AVERAGES_AGAIN_SIZE",
    "ENERGY",
    "GIVEN_WEIGHTS",
    "UNKNOWN",
    "Operand",
    "Site",
    "spread_evenly",
]

Operand = LinearCombination | None  # None: no gradient arrives there
AVERAGES_AGAIN = "averages what was averaged before weights or a nonlinearity as independent values"
AVERAGES_AGAIN_SIZE = 20.0  # docs/prediction.md, pools in a row: 8 to 14 % for two, more for four
UNKNOWN = float("inf")
GIVEN_WEIGHTS = "has weights that are given: they count as independent, with their mean squares"


@dataclass(eq=False)
class Site(FoldedOperands):
    """One equation, whose ``operands`` are linear combinations of sources.

    Attributes:
        values: of the operands, in the calibrating forward pass.
        fixed: per operand, whether it depends neither on the input nor on a drawn weight.
        store: (position, combination) replaces an operand, for later equations too.
        note: (text, size) notes an assumption, and by how many per cent it may move sigma.
        note_gate: notes a source that a smooth gate depends on.
        measured_change: (position of an operand, or None for the result) -> per axis, the mean
            squared change at each index for a random change of the input; None where it was not
            measured.
    """

    operands: list[Operand]
    values: list[np.ndarray] = field(kw_only=True)
    fixed: list[bool] = field(kw_only=True)
    store: Callable[[int, LinearCombination], None] = field(kw_only=True)
    note: Callable[[str, float], None] = field(kw_only=True)
    measured_change: Callable[[int | None], list[np.ndarray] | None] = field(kw_only=True)
    note_gate: Callable[[Source], None] = field(kw_only=True)

    @property
    def dependent(self) -> list[int]:
        """Positions of the operands that a gradient reaches."""
        return [n for n, combination in enumerate(self.operands) if combination]

    def combination(self, n: int) -> LinearCombination:
        """An operand that a gradient reaches."""
        combination = self.operands[n]
        assert combination, "a rule asked for an operand that no gradient reaches"
        return combination

    def store_as_source(self, n: int) -> Source:
        """The operand as a source of its own, which everything that reads it later shares."""
        source = as_source(self.combination(n), self.in_shapes[n])
        self.operands[n] = identity(source)
        self.store(n, identity(source))
        return source

    def with_scalar_scales(self, n: int) -> LinearCombination:
        """The operand with numbers for scales, since an array of scales cannot be moved with it."""
        if any(not isinstance(t.scale, float) for t in self.combination(n)):
            combination = _evened(self.combination(n), self.in_shapes[n])
            self.operands[n] = combination
            self.store(n, combination)
        return self.combination(n)

    def apply_matrix(
        self, combination: LinearCombination, axis: int, matrix: np.ndarray
    ) -> LinearCombination:
        """A value, whose scales are numbers, behind a known matrix along one axis."""
        if mixes(matrix) and any(t.source.correlated for t in combination):
            self.note(AVERAGES_AGAIN, AVERAGES_AGAIN_SIZE)
        return tuple(_matrix_applied(term, axis, matrix) for term in combination)


def _evened(combination: LinearCombination, shape: tuple[int, ...]) -> LinearCombination:
    """A value with numbers for scales, and the variation of the scales as further sources.

    Where a known map is scaled, its terms have the mean scale: the places that read one element
    keep its sign through their gates. Shared parts (:mod:`.uncorrelated_parts`) have the mean scale
    along the axes along which they are constant.
    """
    by_source: dict[Source, list[Term]] = {}
    for term in combination:
        by_source.setdefault(term.source, []).append(term)
    common: LinearCombination = ()
    left: LinearCombination = ()
    for group in by_source.values():
        arrays = any(not isinstance(t.scale, float) for t in group)
        if arrays and all(_maps_everything(t, shape) for t in group) and _maps(group):
            even = tuple(replace(t, scale=mean_scale(t)) for t in group)
            even = tuple(t for t in even if t.scale)
            whole, same = as_source(tuple(group), shape), as_source(even, shape)
            rest = jnp.maximum(whole.energy - same.energy, 0.0)
            common += even + identity(replace(whole, energy=rest))
        else:
            left += tuple(group)
    parts = parts_of(left, shape, range(len(shape))) if left else []
    return common + tuple(term for part in parts for term in as_combination(part))


def _maps_everything(term: Term, shape: tuple[int, ...]) -> bool:
    followed = all(d is not None for d, n in zip(term.layout, shape, strict=True) if n > 1)
    return term.per_element is None and followed


def _maps(group: list[Term]) -> bool:
    return any(m is not None for t in group for m in t.matrices)


def _matrix_applied(term: Term, axis: int, matrix: np.ndarray) -> Term:
    follows = term.layout[axis]
    if follows is None:  # the same along the whole axis
        sums = matrix.sum(1)
        even = scalar_if_uniform(sums)
        if isinstance(even, float):
            return term.scaled(even)
        # borders differ: a source of one element there, spread by what they sum to
        source = as_source((term,), (1,) * len(term.layout))
        line = sums.reshape([-1 if d == axis else 1 for d in range(len(term.layout))])
        return identity(Source(source.energy * line**2, source.energy.shape, True))[0]
    before = term.matrices[follows]
    if before is None:
        after = matrix
    elif len(before) == 1 and matrix.shape[1] > 1:
        after = matrix.sum(1, keepdims=True) * before
    else:
        after = matrix @ before
    return term.with_matrix(follows, after)


def spread_evenly(site: Site) -> list[Operand]:
    """An operation without a rule: every element gets the mean energy of all that is read."""
    site.note("has no rule: its energy is passed evenly to all that it may reach", UNKNOWN)
    means = [jnp.mean(site.store_as_source(n).energy) for n in site.dependent]
    energy = sum(means[1:], means[0])
    return [
        identity(Source(energy.reshape((1,) * len(shape)), shape, True))
        for shape in site.out_shapes
    ]


# A rule returns one linear combination per output; a gradient reaches at least one operand.
ENERGY: Reading[Site, Sequence[Operand]] = Reading("energy", default=spread_evenly)
