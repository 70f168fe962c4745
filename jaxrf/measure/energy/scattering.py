"""Updates written into a value at known places, axis by axis: overwritten elements pass nothing.

    set:  y = x - B x + P u        add:  y = x + P u

with B the projection on the overwritten places, and P the matrix that puts the updates u in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from jaxrf.measure.energy.linear_combination import LinearCombination
from jaxrf.measure.energy.site import ENERGY, Operand, Site, spread_evenly
from jaxrf.measure.energy.term_sums import sum_of_terms

Places = Sequence[np.ndarray]  # per axis of the value, the index of every element of the updates


@ENERGY.rule("dynamic_update_slice")
def update(site: Site) -> list[Operand]:
    """A box of updates at a known start, which is clamped as JAX does."""
    if not all(site.fixed[2:]):
        return spread_evenly(site)
    places = []
    for length, size, value in zip(*site.in_shapes[:2], site.values[2:], strict=True):
        start = int(np.clip(value, 0, length - size))
        places.append(np.arange(start, start + size))
    return [_written(site, _even(site, 1), places, 1.0)]


@ENERGY.rule("scatter", "scatter-add", "scatter-sub")
def scatter(site: Site) -> list[Operand]:
    """Updates of rows along one axis, or of one box; any other scatter spreads energy evenly."""
    found = _pieces(site) if len(site.operands) == 3 and site.fixed[1] else None
    if found is None or (site.name == "scatter" and site.params["update_jaxpr"] is not None):
        return spread_evenly(site)
    pieces, places = found
    return [_written(site, pieces, places, -1.0 if site.name == "scatter-sub" else 1.0)]


def _even(site: Site, n: int) -> LinearCombination:
    """An operand with scalar scales, which can be moved; empty where no gradient arrives."""
    return site.with_scalar_scales(n) if site.operands[n] else ()


def _pieces(site: Site) -> tuple[LinearCombination, Places] | None:
    """The updates with their axes in the order of the value, and their places."""
    numbers, indices = site.params["dimension_numbers"], np.asarray(site.values[1])
    shape, updates = site.in_shapes[0], site.in_shapes[2]
    rank, windows = len(shape), numbers.update_window_dims
    combination = _even(site, 2)
    places = [np.arange(n) for n in shape]
    if indices.ndim == 1 and len(windows) == rank:
        places = [np.arange(n) for n in updates]
        for axis, start in zip(numbers.scatter_dims_to_operand_dims, indices, strict=True):
            places[axis] = places[axis] + int(start)
    elif indices.ndim == 2 and len(windows) == rank - 1:
        (axis, *more), inserted = numbers.scatter_dims_to_operand_dims, numbers.inserted_window_dims
        whole = [n for d, n in enumerate(shape) if d != axis]
        if more or inserted != (axis,) or [updates[d] for d in windows] != whole:
            return None
        places[axis] = indices[:, 0]
        others = iter(windows)
        order = [_row(windows, rank) if d == axis else next(others) for d in range(rank)]
        combination = tuple(
            replace(t, layout=tuple(t.layout[d] for d in order)) for t in combination
        )
    else:
        return None
    if any(len(p) and (p.min() < 0 or p.max() >= n) for p, n in zip(places, shape, strict=True)):
        return None  # left out or moved inside, as the mode has it
    return combination, places


def _row(windows: Sequence[int], rank: int) -> int:
    """The axis of the updates that numbers the updated rows."""
    return next(d for d in range(rank) if d not in windows)


def _written(
    site: Site, pieces: LinearCombination, places: Places, sign: float
) -> LinearCombination:
    shape, terms = site.in_shapes[0], site.operands[0] or ()
    if terms and site.name in ("scatter", "dynamic_update_slice"):
        terms = box = site.with_scalar_scales(0)
        for axis, place in enumerate(places):
            inside = np.isin(np.arange(shape[axis]), place)
            box = (
                box if inside.all() else site.apply_matrix(box, axis, np.diag(inside.astype(float)))
            )
        terms += tuple(term.scaled(-1.0) for term in box)
    for axis, place in enumerate(places):
        if not np.array_equal(place, np.arange(shape[axis])):
            lay = np.arange(shape[axis])[:, None] == place
            pieces = site.apply_matrix(pieces, axis, lay.astype(float))
    return sum_of_terms((*terms, *(term.scaled(sign) for term in pieces)), site.out_shapes[0])
