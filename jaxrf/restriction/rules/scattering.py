"""``scatter`` and its kin, where the places are known: the updates that the box sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.program import compat
from jaxrf.program.equation import Equation
from jaxrf.restriction.boxes import Box, Span, hull, lengths
from jaxrf.restriction.site import RESTRICTION, Cut, CutSite

__all__: list[str] = []

_NOWHERE = np.iinfo(np.int32).max  # a place that is dropped


@RESTRICTION.rule(
    "scatter", "scatter-add", "scatter-max", "scatter-min", "scatter-mul", "scatter-sub"
)
def scatter(site: CutSite) -> Cut | None:
    """The box, widened to all of every window that it sees a part of, and these windows' updates.

    Of a window that takes all of a dimension only the box is written.
    """
    numbers = site.params["dimension_numbers"]
    shape, places, updates = site.in_shapes
    found = site.fold(1)
    if found is None or not np.size(found) or numbers.operand_batching_dims:
        return None
    batch = [d for d in range(len(updates)) if d not in numbers.update_window_dims]
    if len(batch) != len(places) - 1:
        return None
    windowed = [d for d in range(len(shape)) if d not in numbers.inserted_window_dims]
    sizes = dict.fromkeys(range(len(shape)), 1)
    for d, u in zip(windowed, numbers.update_window_dims, strict=True):
        sizes[d] = updates[u]
    starts = _starts(site, np.asarray(found), [sizes[d] for d in range(len(shape))])
    if starts is None:
        return None
    full = [sizes[d] == n for d, n in enumerate(shape)]
    seen = np.ones(starts.shape[:-1], bool)
    for d, span in enumerate(site.box):
        seen &= (starts[..., d] < span.stop) & (starts[..., d] + sizes[d] > span.low)
    if not seen.any():
        return Cut((site.box, None, None), apply=_untouched)
    held: Box | None = site.box
    for start in starts[seen]:
        spans = zip(site.box, start.tolist(), range(len(shape)), strict=True)
        held = hull(held, tuple(s if full[d] else Span(a, a + sizes[d]) for s, a, d in spans))
    assert held is not None
    rows = tuple(Span(int(hit.min()), int(hit.max()) + 1) for hit in np.argwhere(seen).T)
    need: list[Span] = [Span(0, 0)] * len(updates)
    for u, row in zip(batch, rows, strict=True):
        need[u] = row
    for d, u in zip(windowed, numbers.update_window_dims, strict=True):
        need[u] = held[d] if full[d] else Span(0, sizes[d])
    chosen = tuple(slice(*row) for row in rows)
    moved = np.full((*lengths(rows), places[-1]), _NOWHERE, np.int32)
    for column, d in enumerate(numbers.scatter_dims_to_operand_dims):
        first = np.zeros_like(starts[..., d]) if full[d] else starts[..., d] - held[d].low
        moved[..., column] = np.where(seen, first, _NOWHERE)[chosen]
    params = {
        "mode": lax.GatherScatterMode.FILL_OR_DROP,
        "indices_are_sorted": False,
        "unique_indices": False,
    }
    return Cut((held, None, tuple(need)), (held,), params, apply=_at_known_places, tables=(moved,))


def _starts(site: CutSite, places: np.ndarray, sizes: Sequence[int]) -> np.ndarray | None:
    """The first index of every window, along all dimensions; far outside where it is dropped."""
    shape, mode = site.in_shapes[0], site.params["mode"]
    starts = np.zeros((*places.shape[:-1], len(shape)), np.int64)
    outside = np.zeros(places.shape[:-1], bool)
    for column, d in enumerate(site.params["dimension_numbers"].scatter_dims_to_operand_dims):
        last, given = shape[d] - sizes[d], places[..., column].astype(np.int64)
        outside |= (given < 0) | (given > last)
        starts[..., d] = np.clip(given, 0, last)
    if mode == lax.GatherScatterMode.CLIP or not outside.any():
        return starts
    if mode != lax.GatherScatterMode.FILL_OR_DROP:
        return None
    starts[outside] = -_NOWHERE
    return starts


def _untouched(equation: Equation, operands: Sequence[Any], tables: Sequence[Any]) -> Sequence[Any]:
    """The operand, where no update falls into the box."""
    return [operands[0]]


def _at_known_places(
    equation: Equation, operands: Sequence[Any], tables: Sequence[Any]
) -> Sequence[Any]:
    """The updates at their places in the part of the operand that there is."""
    return compat.bind(equation, operands[0], jnp.asarray(tables[0]), operands[2])
