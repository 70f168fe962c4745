"""Cross terms: the energy that pairs of terms of one source pass, in the square of their sum.

A pair passes the elementwise product of its maps, axis by axis. In the square of a sum of many
terms, such as the steps of an unrolled loop, most pairs differ along one axis only: their products
are added as matrices, so that one matrix is applied to the energy instead of hundreds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.measure.energy.linear_combination import Matrix, Term

__all__ = ["CrossTerm", "cross_term", "total_energy"]

Map = np.ndarray | None  # [outputs, inputs], or [inputs] for a diagonal; None: the identity


@dataclass(frozen=True, eq=False)
class CrossTerm:
    """The energy that a pair of terms of one source passes, as a linear map of the source's.

    Attributes:
        energy: of the source; length 1 along every axis it does not vary along.
        lengths: shape of the source.
        maps: one per axis of the source.
        layout: per axis of the value, the axis of the source that it follows; None: broadcast.
        weight: factor of the whole.
    """

    energy: jax.Array
    lengths: tuple[int, ...]
    maps: tuple[Map, ...]
    layout: tuple[int | None, ...]
    weight: float

    def applied(self) -> jax.Array:
        """The energy that is passed, of the value's rank."""
        energy, factor = self.energy, np.full((1,) * len(self.lengths), self.weight)
        for axis, (length, of_axis) in enumerate(zip(self.lengths, self.maps, strict=True)):
            if of_axis is None:
                continue
            if of_axis.ndim == 2 and (energy.shape[axis] > 1 or length == 1):
                energy = _along(energy, axis, of_axis)
            else:
                line = of_axis if of_axis.ndim == 1 else of_axis.sum(1)
                factor = factor * _line(line, axis, energy.ndim)
        if factor.size > 1 or factor.item() != 1:
            energy = energy * (factor if factor.size > 1 else factor.item())
        dropped = [d for d in range(energy.ndim) if d not in self.layout]
        kept = [d for d in self.layout if d is not None]
        if [*kept, *dropped] != list(range(energy.ndim)):
            energy = jnp.transpose(energy, [*kept, *dropped])
        lengths = iter(energy.shape)
        shape = tuple(1 if d is None else next(lengths) for d in self.layout)
        return energy if energy.shape == shape else energy.reshape(shape)


def cross_term(one: Term, other: Term, weight: float = 1.0) -> CrossTerm | None:
    """The cross term of two terms; None where they read nothing in common."""
    layout = _common(one, other)
    if layout is None or _apart(one, other):
        return None
    source = one.source
    maps = (_product(a, b) for a, b in zip(one.matrices, other.matrices, strict=True))
    return CrossTerm(source.energy, source.shape, tuple(maps), layout, weight)


def total_energy(pairs: Iterable[CrossTerm]) -> jax.Array | None:
    """The energy that all cross terms pass together; None where there are none."""
    groups: dict[tuple, list[CrossTerm]] = {}
    for pair in pairs:
        groups.setdefault((id(pair.energy), pair.lengths, pair.layout), []).append(pair)
    total = None
    for group in groups.values():
        for pair in _merged(group):
            passed = pair.applied()
            total = passed if total is None else total + passed
    return total


def _merged(group: list[CrossTerm]) -> list[CrossTerm]:
    """Cross terms of one energy and layout, merged where they differ along one axis at most."""
    found: list[CrossTerm] = []
    for pair in group:
        for n, other in enumerate(found):
            both = zip(other.maps, pair.maps, strict=True)
            apart = [d for d, (a, b) in enumerate(both) if not _same(a, b)]
            if len(apart) <= 1:
                found[n] = _sum(other, pair, apart)
                break
        else:
            found.append(pair)
    return found


def _sum(one: CrossTerm, other: CrossTerm, apart: list[int]) -> CrossTerm:
    if not apart:
        weight = one.weight + other.weight
        return CrossTerm(one.energy, one.lengths, one.maps, one.layout, weight)
    (axis,) = apart
    lines, length = [], one.lengths[axis]
    diagonal = all(s.maps[axis] is None or np.ndim(s.maps[axis]) == 1 for s in (one, other))  # type: ignore[arg-type]
    for pair in (one, other):
        line = np.ones(length) if pair.maps[axis] is None else pair.maps[axis]
        line = line if diagonal or np.ndim(line) == 2 else np.diag(line)  # type: ignore[arg-type]
        lines.append(pair.weight * np.asarray(line, np.float64))
    maps = (*one.maps[:axis], lines[0] + lines[1], *one.maps[axis + 1 :])
    return CrossTerm(one.energy, one.lengths, maps, one.layout, 1.0)


def _same(a: Map, b: Map) -> bool:
    if a is b:
        return True
    return a is not None and b is not None and np.array_equal(a, b)


def _common(one: Term, other: Term) -> tuple[int | None, ...] | None:
    """The layout of the cross term of two terms; None where they share no source or no elements.

    A mean that is broadcast again is constant along the axis that the other term follows. The
    terms of ``x + x^T`` share only a diagonal, which counts as nothing.
    """
    if one.source is not other.source:
        return None
    pairs = list(zip(one.layout, other.layout, strict=True))
    if any(a is not None and b is not None and a != b for a, b in pairs):
        return None
    layout = tuple(b if a is None else a for a, b in pairs)
    followed = [d for d in layout if d is not None]
    return layout if len(set(followed)) == len(followed) else None


def _apart(one: Term, other: Term) -> bool:
    """Whether two terms of one layout read nothing in common."""
    if one is other or one.layout != other.layout:
        return False
    pairs = [
        (a, b)
        for a, b in zip(one.matrices, other.matrices, strict=True)
        if a is not None and b is not None and a is not b
    ]
    return any(not np.any((a != 0) & (b != 0)) for a, b in pairs)


def _product(a: Matrix, b: Matrix) -> Map:
    """The elementwise product of two matrices; a single row stands for all of them."""
    if a is None or b is None:
        matrix = b if a is None else a
        if matrix is None:
            return None
        return matrix[0] if len(matrix) == 1 else np.diagonal(matrix)
    return a * b


def _along(energy: jax.Array, axis: int, matrix: np.ndarray) -> jax.Array:
    """A matrix applied along one axis."""
    matrix = np.asarray(matrix, energy.dtype)
    out = lax.dot_general(matrix, energy, (((1,), (axis,)), ((), ())))
    before = list(range(1, axis + 1))
    return lax.transpose(out, [*before, 0, *range(axis + 1, energy.ndim)]) if axis else out


def _line(values: np.ndarray, axis: int, rank: int) -> np.ndarray:
    """Values along one axis; of length 1 where all of them are the same."""
    values = values[:1] if len(values) and (values == values[0]).all() else values
    return values.reshape([-1 if d == axis else 1 for d in range(rank)])
