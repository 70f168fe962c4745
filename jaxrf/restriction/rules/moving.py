"""Elements in other places: transposes, slices, padding, joins, broadcasts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

import jax.numpy as jnp
from jax import lax

from jaxrf.geometry.words import Window
from jaxrf.program.equation import Equation
from jaxrf.restriction.boxes import Box, Span, hull, lengths, offsets, part_of
from jaxrf.restriction.rules.elementwise import hand_on
from jaxrf.restriction.rules.window_spans import window_part
from jaxrf.restriction.site import RESTRICTION, Cut, CutSite

__all__: list[str] = []


@RESTRICTION.rule("transpose")
def transpose(site: CutSite) -> Cut:
    """Dimensions in another order."""
    need: list[Span] = [Span(0, 0)] * len(site.box)
    for span, source in zip(site.box, site.params["permutation"], strict=True):
        need[source] = span
    return Cut((tuple(need),))


@RESTRICTION.rule("broadcast_in_dim")
def broadcast(site: CutSite) -> Cut | None:
    """Dimensions in their new places, spread over the others."""
    if len(site.in_shapes) > 1:
        return None  # lengths that are computed
    need = tuple(
        site.box[target] if n > 1 else Span(0, n)
        for n, target in zip(site.in_shapes[0], site.params["broadcast_dimensions"], strict=True)
    )
    return Cut((need,), params={"shape": lengths(site.box)})


@RESTRICTION.rule("squeeze")
def squeeze(site: CutSite) -> Cut:
    """Remove dimensions of length 1."""
    kept = iter(site.box)
    gone = {d % len(site.in_shapes[0]) for d in site.params["dimensions"]}
    need = tuple(Span(0, 1) if d in gone else next(kept) for d in range(len(site.in_shapes[0])))
    return Cut((need,))


@RESTRICTION.rule("rev")
def reverse(site: CutSite) -> Cut:
    """Dimensions turned round."""
    need = tuple(
        Span(n - span.stop, n - span.low) if d in site.params["dimensions"] else span
        for d, (span, n) in enumerate(zip(site.box, site.in_shapes[0], strict=True))
    )
    return Cut((need,))


@RESTRICTION.rule("slice")
def cut_out(site: CutSite) -> Cut:
    """Every so many elements between two bounds."""
    starts = site.params["start_indices"]
    steps = site.params["strides"] or (1,) * len(starts)
    need = tuple(
        Span(start + s.low * step, start + (s.stop - 1) * step + 1) if s.length else s
        for s, start, step in zip(site.box, starts, steps, strict=True)
    )
    params = {"start_indices": (0,) * len(need), "limit_indices": lengths(need)}
    return Cut((need,), params=params)


@RESTRICTION.rule("split")
def split(site: CutSite) -> Cut:
    """Pieces of one dimension, which keep those of their parts that are wanted."""
    axis, sizes = site.params["axis"], site.params["sizes"]
    starts = [0, *accumulate(sizes)]
    moved = [
        None if box is None else _moved(box, axis, start)
        for box, start in zip(site.wanted, starts, strict=False)
    ]
    need = reduce(hull, moved)
    assert need is not None
    parts = tuple(None if box is None else (offsets(box, need), lengths(box)) for box in moved)
    return Cut((need,), apply=_pieces, static=(parts,))


def _pieces(
    equation: Equation,
    operands: Sequence[Any],
    tables: Sequence[Any],
    parts: Sequence[tuple[Sequence[int], Sequence[int]] | None],
) -> Sequence[Any]:
    """Parts of the operand, one per result."""
    return [None if part is None else part_of(operands[0], *part) for part in parts]


def _moved(box: Box, axis: int, start: int) -> Box:
    """A box of a piece, in the array that it was taken from."""
    return tuple(Span(s.low + start, s.stop + start) if d == axis else s for d, s in enumerate(box))


@RESTRICTION.rule("concatenate")
def concatenate(site: CutSite) -> Cut:
    """The operands that the wanted box meets."""
    axis = site.params["dimension"]
    wanted, needs, start = site.box[axis], [], 0
    for shape in site.in_shapes:
        stop = start + shape[axis]
        low, high = max(start, wanted.low), min(stop, wanted.stop)
        part = Span(low - start, high - start)
        box = tuple(part if d == axis else s for d, s in enumerate(site.box))
        needs.append(box if low < high else None)
        start = stop
    if not any(box is not None for box in needs):  # nothing is wanted
        needs[0] = tuple(Span(0, 0) if d == axis else s for d, s in enumerate(site.box))
    return Cut(tuple(needs), apply=_joined, static=(axis,))


def _joined(
    equation: Equation, operands: Sequence[Any], tables: Sequence[Any], axis: int
) -> Sequence[Any]:
    """What there is, one after the other."""
    parts = [x for x in operands if x is not None]
    return [parts[0] if len(parts) == 1 else lax.concatenate(parts, axis)]


@RESTRICTION.rule("pad")
def pad(site: CutSite) -> Cut:
    """Padding where the box reaches over the border; elements between others stay."""
    shape = site.in_shapes[0]
    parts = [
        window_part(Window(1, 1, low, high, 1, 1 + between), span, n)
        for (low, high, between), span, n in zip(
            site.params["padding_config"], site.box, shape, strict=True
        )
    ]
    if any(part is None for part in parts):
        return Cut((None, ()), apply=_filled, static=(lengths(site.box),))
    found = [part for part in parts if part is not None]
    config = tuple((w.before, w.after, w.base_dilation - 1) for _, w in found)
    return Cut((tuple(need for need, _ in found), ()), params={"padding_config": config})


def _filled(
    equation: Equation, operands: Sequence[Any], tables: Sequence[Any], shape: tuple[int, ...]
) -> Sequence[Any]:
    """Padding alone."""
    return [jnp.broadcast_to(operands[1], shape)]


@RESTRICTION.rule("tile")
def tile(site: CutSite) -> Cut:
    """Repetitions: along a dimension that is repeated, all of the operand."""
    reps = site.params["reps"]
    need = tuple(
        s if r == 1 else Span(0, n)
        for s, r, n in zip(site.box, reps, site.in_shapes[0], strict=True)
    )
    made = tuple(
        s if r == 1 else Span(0, n)
        for s, r, n in zip(site.box, reps, site.out_shapes[0], strict=True)
    )
    return Cut((need,), (made,))


@RESTRICTION.rule("dynamic_slice")
def dynamic_slice(site: CutSite) -> Cut:
    """A slice at a known place; along dimensions where the data say the place, all of it."""
    shape, sizes = site.in_shapes[0], site.params["slice_sizes"]
    need, made, fixed = [], [], []
    for d, (span, n, size) in enumerate(zip(site.box, shape, sizes, strict=True)):
        start = 0 if size == n else site.fold(d + 1)
        fixed.append(start is not None)
        if start is None:
            need.append(Span(0, n))
            made.append(Span(0, size))
        else:
            first = min(max(int(start), 0), n - size)  # as JAX clamps it
            need.append(Span(first + span.low, first + span.stop))
            made.append(span)
    places: tuple[Box | None, ...] = tuple(None if f else () for f in fixed)
    if all(fixed):
        return Cut((tuple(need), *places), apply=hand_on)
    return Cut(
        (tuple(need), *places),
        (tuple(made),),
        {"slice_sizes": lengths(tuple(made))},
        apply=_slice_at,
        spread=tuple((0, d) for d, f in enumerate(fixed) if not f),
    )


def _slice_at(equation: Equation, operands: Sequence[Any], tables: Sequence[Any]) -> Sequence[Any]:
    """The slice, at 0 where the operand is cut already."""
    x, *starts = operands
    dtype = next(s.dtype for s in starts if s is not None)
    places = [jnp.zeros((), dtype) if s is None else s for s in starts]
    return [lax.dynamic_slice(x, places, equation.params["slice_sizes"])]


@RESTRICTION.rule("dynamic_update_slice")
def dynamic_update_slice(site: CutSite) -> Cut | None:
    """An update at a known place, of which the wanted box sees a part."""
    shape, update = site.in_shapes[:2]
    starts = []
    for d, (n, size) in enumerate(zip(shape, update, strict=True)):
        start = 0 if size == n else site.fold(d + 2)
        if start is None:
            return None
        starts.append(min(max(int(start), 0), n - size))
    spans = [
        Span(max(s.low, start), min(s.stop, start + size))
        for s, start, size in zip(site.box, starts, update, strict=True)
    ]
    places = (None,) * len(shape)
    if any(span.length <= 0 for span in spans):
        return Cut((site.box, None, *places), apply=hand_on)
    part = tuple(
        Span(s.low - start, s.stop - start) for s, start in zip(spans, starts, strict=True)
    )
    at = tuple(s.low - b.low for s, b in zip(spans, site.box, strict=True))
    return Cut((site.box, part, *places), apply=_updated, static=(at,))


def _updated(
    equation: Equation, operands: Sequence[Any], tables: Sequence[Any], at: tuple[int, ...]
) -> Sequence[Any]:
    """The operand, with the update in its place."""
    return [lax.dynamic_update_slice(operands[0], operands[1], at)]
