"""Sums of terms of one source, so that a loop stays one term, however many steps it has.

The state of a recurrence is a sum over all steps before it, h_t = sum_s a^(t-s) u_s, to which every
step adds a term. As rows of one matrix, or of one matrix per channel where decays differ between
channels, they are one term, and squaring it costs no more than squaring one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from jaxrf.measure.energy.expected_square import as_source
from jaxrf.measure.energy.linear_combination import (
    LinearCombination,
    Term,
    as_rows,
    identity,
    scalar_if_uniform,
)

__all__ = ["concatenated", "sum_of_terms"]

_LARGEST = 2**22  # coefficients that one term may have; with more of them, terms stay apart
_LINE = 2  # axes of a sequence: places and channels
_MANY = 64  # terms that a value may have before it becomes a source of its own


def sum_of_terms(terms: Iterable[Term], shape: Sequence[int]) -> LinearCombination:
    """The sum of terms, in as few terms as possible.

    Args:
        terms: of a value.
        shape: of the value.

    Returns:
        At most 64 terms; with more of them, the value becomes a source of its own.
    """
    gathered: list[Term] = []
    for term in terms:
        for i, other in enumerate(gathered):
            total = _sum(other, term, shape)
            if total is not None:
                gathered[i] = total
                break
        else:
            gathered.append(term)
    if len(gathered) > _MANY:
        return identity(as_source(tuple(gathered), shape))
    return tuple(t for t in gathered if not (isinstance(t.scale, float) and t.scale == 0))


def _sum(one: Term, other: Term, shape: Sequence[int]) -> Term | None:
    """Two terms as one; None where their maps differ along more than one axis."""
    if one.source is not other.source or one.layout != other.layout:
        return None
    different = [
        d
        for d, (a, b) in enumerate(zip(one.matrices, other.matrices, strict=True))
        if a is not b and not (a is not None and b is not None and np.array_equal(a, b))
    ]
    if not different and one.per_element == other.per_element:
        total = np.add(one.scale, other.scale)
        if one.per_element is None:
            return replace(
                one, scale=float(total) if np.ndim(total) == 0 else scalar_if_uniform(total)
            )
        return replace(one, scale=total)
    if len(different) != 1 and not (one.per_element or other.per_element):
        return None
    axis = next(
        (t.per_element[0] for t in (one, other) if t.per_element), different[0] if different else 0
    )
    if not set(different) <= {axis}:
        return None
    if isinstance(one.scale, float) and isinstance(other.scale, float):
        a, b = one.matrices[axis], other.matrices[axis]
        if a is None or b is None or len(a) != len(b):
            return None
        return replace(one.with_matrix(axis, one.scale * a + other.scale * b), scale=1.0)
    places = {t.per_element[1] for t in (one, other) if t.per_element}
    places |= {a for a, d in enumerate(one.layout) if d == axis}
    places -= {None}
    place = next(iter(places), None)
    if place is not None and sum(n > 1 for n in shape) > _LINE:
        return None  # images: two terms are less than a matrix for every element
    ours, theirs = (as_rows(t, axis, place, shape, _LARGEST) for t in (one, other))
    if len(places) > 1 or ours is None or theirs is None:
        return None
    return _with_rows(one, axis, place, np.add(ours, theirs))


def _with_rows(term: Term, axis: int, place: int | None, rows: np.ndarray) -> Term:
    """The term with coefficients of its own for every element."""
    layout = tuple(None if d == axis else d for d in term.layout)
    bare = replace(term.with_matrix(axis, None), layout=layout)
    return replace(bare, scale=rows, per_element=(axis, place))


def concatenated(
    combinations: Sequence[LinearCombination], shapes: Sequence[Sequence[int]], axis: int
) -> LinearCombination | None:
    """Pieces side by side along an axis, where they are maps of the same sources.

    Args:
        combinations: the pieces; empty where no gradient arrives.
        shapes: of the pieces.
        axis: of the value.

    Returns:
        One term per source; None where no two pieces have a source in common, or the maps of the
        pieces do not fit into one.
    """
    counted = Counter(s for combination in combinations for s in {t.source for t in combination})
    if not counted or max(counted.values()) < 2:
        return None
    groups: dict[tuple, list[list[Term]]] = {}
    for n, combination in enumerate(combinations):
        for term in combination:
            d = _concatenated_axis(term, axis)
            if d is None or (term.per_element and term.per_element[1] not in (None, axis)):
                return None
            layout = tuple(None if a == axis else f for a, f in enumerate(term.layout))
            others = tuple(None if m is None or k == d else (m.shape, m.tobytes())
                           for k, m in enumerate(term.matrices))  # fmt: skip
            key = (term.source, d, layout, others)
            groups.setdefault(key, [[] for _ in combinations])[n].append(term)
    made = [_concatenated(pieces, shapes, axis, key[1]) for key, pieces in groups.items()]
    return None if any(t is None for t in made) else tuple(t for t in made if t is not None)


def _concatenated_axis(term: Term, axis: int) -> int | None:
    """The axis of the source that pieces may be concatenated along; None without one."""
    if term.per_element is not None:
        return term.per_element[0]
    if term.layout[axis] is not None:
        return term.layout[axis]
    rows = [
        d
        for d, matrix in enumerate(term.matrices)
        if d not in term.layout and matrix is not None and matrix.shape[1] > 1
    ]
    return rows[0] if len(rows) == 1 else None


def _concatenated(pieces: list[list[Term]], shapes, axis: int, d: int) -> Term | None:
    """Pieces as one term, where they differ along one axis of their source only."""
    first = next(t for terms in pieces for t in terms)
    length = first.source.shape[d]
    if all(isinstance(t.scale, float) for terms in pieces for t in terms):
        matrices = []
        for terms, shape in zip(pieces, shapes, strict=True):
            total = np.zeros((shape[axis], length))
            for term in terms:
                matrix = term.matrices[d]
                total += float(term.scale) * (np.eye(length) if matrix is None else matrix)
            matrices.append(total)
        layout = tuple(d if a == axis else f for a, f in enumerate(first.layout))
        return replace(first.with_matrix(d, np.concatenate(matrices)), layout=layout, scale=1.0)
    lines: list[np.ndarray] = []
    for terms, shape in zip(pieces, shapes, strict=True):
        rows = [as_rows(t, d, axis, shape, _LARGEST) for t in terms]
        if any(r is None for r in rows):
            return None
        total = sum((r for r in rows if r is not None), np.zeros((1,) * len(shape) + (length,)))
        wide = [shape[a] if a == axis else n for a, n in enumerate(total.shape[:-1])]
        lines.append(np.broadcast_to(total, (*wide, length)))
    common = list(
        np.broadcast_shapes(*(line.shape[:axis] + line.shape[axis + 1 :] for line in lines))
    )
    whole = [(*common[:axis], line.shape[axis], *common[axis:]) for line in lines]
    if sum(map(np.prod, whole)) > _LARGEST:
        return None
    line = np.concatenate([np.broadcast_to(a, w) for a, w in zip(lines, whole, strict=True)], axis)
    return _with_rows(first, d, axis, line.astype(np.float32))
