"""What ranges over whole dimensions: products of matrices, reductions, sorts, linear algebra."""

from __future__ import annotations

from functools import reduce

import numpy as np

from jaxrf.program import primitives
from jaxrf.restriction.boxes import Box, Span, hull, whole
from jaxrf.restriction.site import RESTRICTION, Cut, CutSite

__all__: list[str] = []


@RESTRICTION.rule(*primitives.products())
def product(site: CutSite) -> Cut:
    """Whole contracted dimensions, but for the known zeros of a matrix such as one that resizes."""
    contracted, batch = primitives.dimension_numbers(site.name, site.params)
    needs = [list(whole(shape)) for shape in site.in_shapes]
    spans = iter(site.box)
    for a, b in zip(*batch, strict=True):
        needs[0][a] = needs[1][b] = next(spans)
    for n, need in enumerate(needs):
        for d in range(len(need)):
            if d not in contracted[n] and d not in batch[n]:
                need[d] = next(spans)
    spread = []
    for a, b in zip(*contracted, strict=True):
        length = site.in_shapes[0][a]
        band = _band(site, 0, a, needs[0]) or _band(site, 1, b, needs[1])
        needs[0][a] = needs[1][b] = band or Span(0, length)
        if band is None or band.length == length:
            spread += [(0, a), (1, b)]
    return Cut(tuple(map(tuple, needs)), spread=tuple(spread))


def _band(site: CutSite, n: int, d: int, box: list[Span]) -> Span | None:
    """The indices of a contracted dimension outside which an operand is known to be zero."""
    nonzero = site.nonzero(n)
    if nonzero is None:
        return None
    part = nonzero[
        tuple(slice(None) if m == 1 else slice(*s) for m, s in zip(nonzero.shape, box, strict=True))
    ]
    others = tuple(e for e in range(part.ndim) if e != d)
    (found,) = np.nonzero(part.any(others))
    if part.shape[d] == 1 or not len(found):
        return None
    return Span(int(found[0]), int(found[-1]) + 1)


@RESTRICTION.rule(*(name for name in primitives.of_kind("reduce") if name != "reduce"))
def reduction(site: CutSite) -> Cut:
    """All of the dimensions that are reduced."""
    axes = site.params["axes"]
    kept = iter(site.box)
    need: Box = tuple(
        Span(0, n) if d in axes else next(kept) for d, n in enumerate(site.in_shapes[0])
    )
    return Cut((need,), spread=tuple((0, d) for d in axes))


@RESTRICTION.rule("fft")
def fourier(site: CutSite) -> Cut:
    """All of the dimensions that are transformed."""
    count = len(site.params["fft_lengths"])
    (shape,) = site.in_shapes
    lead = site.box[: len(shape) - count]
    need = (*lead, *whole(shape)[len(lead) :])
    made = (*lead, *whole(site.out_shapes[0])[len(lead) :])
    spread = tuple((0, d) for d in range(len(lead), len(shape)))
    return Cut((need,), (made,), spread=spread)


@RESTRICTION.rule("sort")
def sort(site: CutSite) -> Cut:
    """All of the dimension that is sorted, in every operand."""
    axis = site.params["dimension"]
    joined = reduce(hull, site.wanted)
    assert joined is not None
    everything = whole(site.in_shapes[0])
    need = tuple(everything[d] if d == axis else span for d, span in enumerate(joined))
    spread = tuple((n, axis) for n in range(len(site.in_shapes)))
    return Cut((need,) * len(site.in_shapes), (need,) * len(site.wanted), spread=spread)


@RESTRICTION.rule("top_k", "approx_top_k")
def largest(site: CutSite) -> Cut:
    """All of the dimension that is searched."""
    (shape,) = site.in_shapes
    axis = site.params.get("axis", site.params.get("reduction_dimension", -1)) % len(shape)
    joined = reduce(hull, site.wanted)
    assert joined is not None
    need = tuple(Span(0, n) if d == axis else joined[d] for d, n in enumerate(shape))
    count = site.out_shapes[0][axis]
    made = tuple(Span(0, count) if d == axis else span for d, span in enumerate(need))
    return Cut((need,), (made,) * len(site.wanted), spread=((0, axis),))


@RESTRICTION.rule("reduce")
def reduction_by_any_function(site: CutSite) -> Cut | None:
    """All of the dimensions that are reduced, in every operand."""
    count, axes = len(site.in_shapes) // 2, site.params["dimensions"]
    joined = reduce(hull, site.wanted)
    assert joined is not None
    kept = iter(joined)
    need: Box = tuple(
        Span(0, n) if d in axes else next(kept) for d, n in enumerate(site.in_shapes[0])
    )
    spread = tuple((n, d) for n in range(count) for d in axes)
    return Cut((*[need] * count, *[()] * count), [joined] * len(site.wanted), spread=spread)


@RESTRICTION.rule(*primitives.of_kind("linear-algebra"))
def matrices(site: CutSite) -> Cut | None:
    """Whole matrices, of those in the batch that are wanted."""
    lead = len(site.in_shapes[0]) - primitives.matrix_dims(site.name)
    batch = site.in_shapes[0][:lead]
    if not lead or any(s[:lead] != batch for s in (*site.in_shapes, *site.out_shapes)):
        return None
    joined = reduce(hull, [None if box is None else box[:lead] for box in site.wanted])
    assert joined is not None
    needs, made = (
        tuple((*joined, *whole(shape[lead:])) for shape in shapes)
        for shapes in (site.in_shapes, site.out_shapes)
    )
    spread = tuple(
        (n, d) for n, shape in enumerate(site.in_shapes) for d in range(lead, len(shape))
    )
    return Cut(needs, made, spread=spread)
