"""Primitives that move elements: transposition, slices, padding, concatenation, reshaping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.energy.linear_combination import LinearCombination, Source, Term, identity
from jaxrf.measure.energy.reductions import without_axes
from jaxrf.measure.energy.site import ENERGY, Operand, Site, spread_evenly
from jaxrf.measure.energy.term_sums import concatenated
from jaxrf.measure.energy.uncorrelated_parts import Part, as_combination, parts_of


@ENERGY.rule("transpose")
def transpose(site: Site) -> list[Operand]:
    """The axes of the value change places, and follow the same axes of the source."""
    order = site.params["permutation"]

    def moved(term: Term) -> Term:
        layout = tuple(term.layout[d] for d in order)
        turn = (*order, len(order)) if term.per_element else order
        scale = term.scale if isinstance(term.scale, float) else np.transpose(term.scale, turn)
        return replace(
            term, layout=layout, scale=scale, per_element=_moved_per_element(term, order.index)
        )

    return [tuple(moved(t) for t in site.combination(0))]


@ENERGY.rule("squeeze")
def squeeze(site: Site) -> list[Operand]:
    """Axes of length 1 are removed."""
    gone = site.params["dimensions"]
    return [without_axes(site.combination(0), [d % len(site.in_shapes[0]) for d in gone])]


@ENERGY.rule("expand_dims")
def expand_dims(site: Site) -> list[Operand]:
    """Axes of length 1 are inserted."""
    return [_with_new_axes(site.combination(0), site.out_shapes[0], site.params["dimensions"])]


def _with_new_axes(combination: LinearCombination, shape, new) -> LinearCombination:
    """The value with new axes, along which it does not vary."""
    kept = [d for d in range(len(shape)) if d not in new]

    def moved(term: Term) -> Term:
        old = iter(term.layout)
        layout = tuple(None if d in new else next(old) for d in range(len(shape)))
        if isinstance(term.scale, float):
            return replace(term, layout=layout)
        scale = np.expand_dims(term.scale, tuple(d for d in range(len(shape)) if d in new))
        if not term.per_element:
            return replace(term, layout=layout, scale=np.broadcast_to(scale, shape))
        return replace(
            term, layout=layout, scale=scale, per_element=_moved_per_element(term, kept.__getitem__)
        )

    return tuple(moved(t) for t in combination)


def _moved_per_element(term: Term, new: Callable[[int], int]) -> tuple[int, int | None] | None:
    """``Term.per_element`` after its axis of the value has moved to ``new(axis)``."""
    if term.per_element is None or term.per_element[1] is None:
        return term.per_element
    return term.per_element[0], new(term.per_element[1])


@ENERGY.rule("broadcast_in_dim")
def broadcast(site: Site) -> list[Operand]:
    """New axes, and longer ones in place of axes of length 1: the same element along each."""
    if not site.operands[0]:
        return spread_evenly(site)
    places, shape = site.params["broadcast_dimensions"], site.out_shapes[0]
    combination = site.combination(0)
    for axis, place in enumerate(places):
        if site.in_shapes[0][axis] == 1 and shape[place] > 1:
            combination = tuple(_single(t, axis) for t in combination)
    return [_with_new_axes(combination, shape, [d for d in range(len(shape)) if d not in places])]


def _single(term: Term, axis: int) -> Term:
    """A term along an axis of length 1, with the one row that stands for any number of rows."""
    follows = term.layout[axis]
    if follows is None or term.matrices[follows] is not None:
        return term
    return term.with_matrix(follows, np.ones((1, 1)))


@ENERGY.rule("slice", "rev", "pad", "dynamic_slice", "tile")
def select(site: Site) -> list[Operand]:
    """Elements are selected axis by axis: by rows of the identity."""
    if site.dependent != [0]:
        return spread_evenly(site)
    rows = _ROWS[site.name](site)
    if rows is None:
        return spread_evenly(site)
    combination = site.combination(0)
    for axis, (row, length) in enumerate(zip(rows, site.in_shapes[0], strict=True)):
        if len(row) != length or (row != np.arange(length)).any():
            combination = _select_places(site, combination, axis, row)
    return [combination]


def _select_places(
    site: Site, combination: LinearCombination, axis: int, row: np.ndarray
) -> LinearCombination:
    """The places of ``row`` along one axis, with the scales that they have; -1 is padding."""
    shape = list(site.in_shapes[0])
    if (row < 0).any() and any(_even(t, axis) for t in combination):
        combination = (
            site.with_scalar_scales(0)
            if combination is site.combination(0)
            else _as_parts(combination, shape)
        )
    matrix = (row[:, None] == np.arange(shape[axis])).astype(float)
    valid = np.flatnonzero(row >= 0)
    if not len(valid):
        nearest = np.zeros_like(row)
    else:  # what padding is scaled by does not matter, but for means over all places
        nearest = row[valid[np.abs(np.arange(len(row))[:, None] - valid).argmin(1)]]
    terms: list[Term] = []
    for term in combination:
        if not isinstance(term.scale, float) and np.shape(term.scale)[axis] > 1:
            term = replace(term, scale=np.take(term.scale, nearest, axis))
        if term.per_element and term.per_element[1] == axis:
            lengths = [len(row) if d == axis else 1 for d in range(np.ndim(term.scale))]
            terms.append(replace(term, scale=term.scale * (row >= 0).reshape(lengths)))
        else:
            terms += site.apply_matrix((term,), axis, matrix)
    return tuple(terms)


def _even(term: Term, axis: int) -> bool:
    """Whether a term whose scale is an array is the same element all along an axis."""
    placed = term.per_element is not None and term.per_element[1] == axis
    return not isinstance(term.scale, float) and term.layout[axis] is None and not placed


def _as_parts(combination: LinearCombination, shape) -> LinearCombination:
    return tuple(
        t for part in parts_of(combination, shape, range(len(shape))) for t in as_combination(part)
    )


def _slice(site: Site):
    p = site.params
    steps = p["strides"] or (1,) * len(p["start_indices"])
    limits = zip(p["start_indices"], p["limit_indices"], steps, strict=True)
    return [np.arange(*limit) for limit in limits]


def _reverse(site: Site):
    turned = site.params["dimensions"]
    lines = [np.arange(n) for n in site.in_shapes[0]]
    return [line[::-1] if d in turned else line for d, line in enumerate(lines)]


def _pad(site: Site):
    rows = []
    for length, (low, high, inside) in zip(
        site.in_shapes[0], site.params["padding_config"], strict=True
    ):
        line = np.full(max(0, length + (length - 1) * inside), -1)
        line[:: inside + 1] = np.arange(length)
        line = np.pad(line, (max(low, 0), max(high, 0)), constant_values=-1)
        rows.append(line[max(-low, 0) : len(line) - max(-high, 0)])
    return rows


def _dynamic_slice(site: Site):
    rows = []
    sizes = site.params["slice_sizes"]
    for n, (length, size) in enumerate(zip(site.in_shapes[0], sizes, strict=True)):
        if length != size and not site.fixed[n + 1]:
            return None
        start = int(np.clip(site.values[n + 1], 0, length - size))
        rows.append(np.arange(start, start + size))
    return rows


def _tile(site: Site):
    lengths = zip(site.in_shapes[0], site.params["reps"], strict=True)
    return [np.arange(n * reps) % n for n, reps in lengths]


_ROWS = {
    "slice": _slice,
    "rev": _reverse,
    "pad": _pad,
    "dynamic_slice": _dynamic_slice,
    "tile": _tile,
}


@ENERGY.rule("split")
def split(site: Site) -> list[Operand]:
    """Consecutive slices."""
    axis, combination, start = site.params["axis"], site.combination(0), 0
    pieces: list[Operand] = []
    for size in site.params["sizes"]:
        pieces.append(_select_places(site, combination, axis, np.arange(start, start + size)))
        start += size
    return pieces


@ENERGY.rule("concatenate")
def concatenate(site: Site) -> list[Operand]:
    """Maps of the same sources become one map; energies of others stand side by side."""
    axis, shapes = site.params["dimension"], site.in_shapes
    together = concatenated([site.operands[n] or () for n in range(len(shapes))], shapes, axis)
    if together is not None:
        return [together]
    sources = {n: site.store_as_source(n) for n in site.dependent}
    rank = len(shapes[0])
    lengths = [max(s.energy.shape[d] for s in sources.values()) for d in range(rank)]
    pieces = []
    for n, shape in enumerate(shapes):
        whole = [shape[axis] if d == axis else length for d, length in enumerate(lengths)]
        source = sources.get(n)
        pieces.append(
            jnp.zeros(whole) if source is None else jnp.broadcast_to(source.energy, whole)
        )
    energy = jnp.concatenate(pieces, axis)
    correlated = any(s.correlated for s in sources.values())
    return [identity(Source(energy, site.out_shapes[0], correlated))]


@ENERGY.rule("reshape")
def reshape(site: Site) -> list[Operand]:
    """Axes that stay whole keep their matrices; along others the energy is reshaped."""
    old, new = site.in_shapes[0], site.out_shapes[0]
    if site.params.get("dimensions") is not None:
        return spread_evenly(site)
    groups = _groups(old, new)
    combination = site.combination(0)
    if any(not isinstance(t.scale, float) for t in combination):
        if all(
            _regrouped(t, old, new, groups) for t in combination if not t.per_element
        ) and not any(t.per_element for t in combination):
            return [
                tuple(
                    t if isinstance(t.scale, float) else replace(t, scale=np.reshape(t.scale, new))
                    for t in (_regrouped(t, old, new, groups) for t in combination)
                    if t is not None
                )
            ]
        combination = site.with_scalar_scales(0)
    if any(_regrouped(t, old, new, groups) is None for t in combination):
        parts = _whole(parts_of(combination, old, range(len(old))), groups)
        return [tuple(t for part in parts for t in _reshaped(part, old, new, groups))]
    return [tuple(_regrouped(t, old, new, groups) for t in combination)]  # type: ignore[misc]


def _groups(old, new) -> list[tuple[list[int], list[int]]]:
    """Pairs of (old axes, new axes), longer than 1, that hold the same elements."""
    left = [d for d, n in enumerate(old) if n != 1]
    right = [d for d, n in enumerate(new) if n != 1]
    groups = []
    while left or right:
        ours, theirs = [left.pop(0)], [right.pop(0)]
        a, b = old[ours[0]], new[theirs[0]]
        while a != b:
            if a < b:
                ours.append(left.pop(0))
                a *= old[ours[-1]]
            else:
                theirs.append(right.pop(0))
                b *= new[theirs[-1]]
        groups.append((ours, theirs))
    return groups


def _regrouped(term: Term, old, new, groups) -> Term | None:
    """The term after a reshape; None where an axis that it follows is cut or merged."""
    layout: list[int | None] = [None] * len(new)
    for ours, theirs in groups:
        followed = [d for d in ours if term.layout[d] is not None]
        if not followed:
            continue
        if len(followed) > 1 or len(theirs) > 1:
            return None
        follows = term.layout[followed[0]]
        assert follows is not None
        layout[theirs[0]] = follows
        if len(ours) > 1:  # merged with axes that it is the same along: rows repeat
            place = ours.index(followed[0])
            before = int(np.prod([old[d] for d in ours[:place]], initial=1))
            after = int(np.prod([old[d] for d in ours[place + 1 :]], initial=1))
            matrix = term.matrices[follows]
            matrix = np.eye(old[followed[0]]) if matrix is None else matrix
            if len(matrix) > 1:
                rows = np.tile(np.repeat(matrix, after, 0), (before, 1))
                term = term.with_matrix(follows, rows)
    return replace(term, layout=tuple(layout))


def _whole(parts: list[Part], groups) -> list[Part]:
    """Parts that stay constant along whole groups of axes, and along no part of a group."""
    return [
        replace(
            part,
            constant_along=frozenset(
                d for d in part.constant_along if _run_of(d, groups) <= part.constant_along
            ),
        )
        for part in parts
    ]


def _run_of(axis: int, groups) -> set[int]:
    return next(set(ours) for ours, _ in groups if axis in ours)


def _reshaped(part: Part, old, new, groups) -> LinearCombination:
    """A part in the new shape, of length 1 along groups of axes along which it does not vary."""
    energy, full, wanted = part.source.energy, [1] * len(old), [1] * len(new)
    for ours, theirs in groups:
        if any(energy.shape[d] > 1 for d in ours):
            for d in ours:
                full[d] = old[d]
            for d in theirs:
                wanted[d] = new[d]
    same = frozenset(
        d for ours, theirs in groups if part.constant_along.issuperset(ours) for d in theirs
    )
    moved = jnp.broadcast_to(energy, full).reshape(wanted)
    return as_combination(Part(Source(moved, new, part.source.correlated), same))
