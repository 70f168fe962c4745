"""``gather``: elements at places that are operands; cut where the places are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.program.equation import Equation
from jaxrf.restriction.boxes import Box, Span, lengths, whole
from jaxrf.restriction.site import RESTRICTION, Cut, CutSite

__all__: list[str] = []


@RESTRICTION.rule("gather")
def gather(site: CutSite) -> Cut | None:
    """The slices that the box shows, from the part of the operand that their places span."""
    numbers = site.params["dimension_numbers"]
    if numbers.operand_batching_dims:
        return None
    shape, places = site.in_shapes
    rank = len(site.box)
    batch = [d for d in range(rank) if d not in numbers.offset_dims]
    indices: Box = (*(site.box[d] for d in batch), Span(0, places[-1]))
    sizes = list(site.params["slice_sizes"])
    sliced = [d for d in range(len(shape)) if d not in numbers.collapsed_slice_dims]
    window = {d: site.box[to] for d, to in zip(sliced, numbers.offset_dims, strict=True)}
    if not numbers.start_index_map:
        first = tuple(window.get(d, Span(0, 1)) for d in range(len(shape)))
        static = numbers.collapsed_slice_dims, numbers.offset_dims, lengths(site.box)
        return Cut((first, None), apply=_repeated, static=static)
    for d, span in window.items():
        if d not in numbers.start_index_map or sizes[d] == shape[d]:
            sizes[d] = span.length
    known = _known(site, indices)
    if known is None:
        return _at_computed_places(site, indices, window, tuple(sizes))
    need, moved = list(whole(shape)), known.astype(np.int32)
    for d in range(len(shape)):
        span = window.get(d, Span(0, 1))
        if d not in numbers.start_index_map:
            need[d] = span
            continue
        column = numbers.start_index_map.index(d)
        first = known[..., column] + span.low
        need[d] = Span(int(first.min()), int(first.max()) + span.length)
        moved[..., column] = first - need[d].low
        sizes[d] = span.length
    params = {"slice_sizes": tuple(sizes), "indices_are_sorted": False, "unique_indices": False}
    return Cut((tuple(need), None), params=params, apply=_at_known_places, tables=(moved,))


def _known(site: CutSite, indices: Box) -> np.ndarray | None:
    """The places, as far as they are wanted; None unless all are known and inside."""
    found = site.fold(1)
    if found is None:
        return None
    found = np.asarray(found)[tuple(slice(*s) for s in indices)]
    numbers, clip = site.params["dimension_numbers"], site.params["mode"]
    last = [site.in_shapes[0][d] - site.params["slice_sizes"][d] for d in numbers.start_index_map]
    if clip == lax.GatherScatterMode.CLIP:
        return np.clip(found.astype(np.int64), 0, last)
    outside = (found < 0) | (found.astype(np.int64) > last)
    return None if outside.any() or not found.size else found.astype(np.int64)


def _repeated(
    equation: Equation,
    operands: Sequence[Any],
    tables: Sequence[Any],
    gone: tuple[int, ...],
    kept: tuple[int, ...],
    shape: tuple[int, ...],
) -> Sequence[Any]:
    """The first slice again and again, where no place says which."""
    return [lax.broadcast_in_dim(lax.squeeze(operands[0], gone), shape, kept)]


def _at_known_places(
    equation: Equation, operands: Sequence[Any], tables: Sequence[Any]
) -> Sequence[Any]:
    """Places in the part of the operand that there is."""
    p, (places,) = equation.params, tables
    found = lax.gather(
        operands[0],
        jnp.asarray(places),
        p["dimension_numbers"],
        p["slice_sizes"],
        mode=lax.GatherScatterMode.PROMISE_IN_BOUNDS,
    )
    return [found]


def _at_computed_places(
    site: CutSite, indices: Box, window: dict[int, Span], sizes: tuple[int, ...]
) -> Cut:
    """All of the operand where places are computed; along other dimensions what is shown."""
    numbers = site.params["dimension_numbers"]
    need, made = list(whole(site.in_shapes[0])), list(site.box)
    for to, d in zip(numbers.offset_dims, window, strict=True):
        if d in numbers.start_index_map and sizes[d] != site.in_shapes[0][d]:
            full = site.params["slice_sizes"][d] == site.in_shapes[0][d]
            made[to] = window[d] if full else Span(0, site.params["slice_sizes"][d])
        if d not in numbers.start_index_map:
            need[d] = window[d]
    # a slice of all of a dimension starts at 0, wherever its place is said to be
    for d in numbers.start_index_map:
        if d in window and site.params["slice_sizes"][d] == site.in_shapes[0][d]:
            need[d] = window[d]
    spread = tuple(
        (0, d) for d in numbers.start_index_map if need[d] == whole(site.in_shapes[0])[d]
    )
    return Cut((tuple(need), indices), (tuple(made),), {"slice_sizes": sizes}, spread=spread)
