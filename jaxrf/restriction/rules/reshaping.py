"""Reshapes: the run of elements, in row-major order, that holds the wanted box."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from jax import lax

from jaxrf.geometry.reshape import factor_groups
from jaxrf.program.equation import Equation
from jaxrf.restriction.boxes import Span, lengths
from jaxrf.restriction.site import RESTRICTION, Cut, CutSite

__all__: list[str] = []


@RESTRICTION.rule("reshape")
def reshape(site: CutSite) -> Cut | None:
    """Every run of dimensions with one product on both sides on its own."""
    before, after = site.in_shapes[0], site.out_shapes[0]
    if len(site.in_shapes) > 1 or site.params.get("dimensions") or 0 in before:
        return None
    need: list[Span] = [Span(0, 0)] * len(before)
    blocks: list[Span] = [Span(0, 0)] * len(after)
    runs, simple = [], True
    for group in factor_groups(before, after):
        olds, news = [before[d] for d in group.before], [after[d] for d in group.after]
        block = _run([site.box[d] for d in group.after], news)
        source = _run_of(_flat(block, news), olds)
        for d, span in zip(group.before, source, strict=True):
            need[d] = span
        for d, span in zip(group.after, block, strict=True):
            blocks[d] = span
        held, wanted = _flat(source, olds), _flat(block, news)
        simple &= held == wanted
        runs.append((held.length, wanted.low - held.low, wanted.length))
    made = tuple(blocks)
    if simple:
        return Cut((tuple(need),), (made,), {"new_sizes": lengths(made)})
    return Cut((tuple(need),), (made,), apply=_through_runs, static=(tuple(runs), lengths(made)))


def _through_runs(
    equation: Equation,
    operands: Sequence[Any],
    tables: Sequence[Any],
    runs: Sequence[tuple[int, int, int]],
    shape: tuple[int, ...],
) -> Sequence[Any]:
    """One dimension per run, of which a part is wanted, and then the result's own dimensions."""
    flat = lax.reshape(operands[0], [length for length, _, _ in runs])
    starts = [start for _, start, _ in runs]
    part = lax.slice(flat, starts, [start + count for _, start, count in runs])
    return [lax.reshape(part, shape)]


def _run(box: Sequence[Span], sizes: Sequence[int]) -> list[Span]:
    """The smallest box that contains another one and is a run of elements in row-major order."""
    found, ranged = [], False
    for span, size in zip(box, sizes, strict=True):
        found.append(Span(0, size) if ranged else span)
        ranged |= span.length > 1
    return found


def _run_of(flat: Span, sizes: Sequence[int]) -> list[Span]:
    """The smallest such box that contains a run of elements."""
    if not sizes:
        return []
    first = [int(i) for i in np.unravel_index(flat.low, sizes)]
    last = [int(i) for i in np.unravel_index(flat.stop - 1, sizes)]
    return _run([Span(a, b + 1) for a, b in _ordered(first, last, sizes)], sizes)


def _ordered(
    first: Sequence[int], last: Sequence[int], sizes: Sequence[int]
) -> list[tuple[int, int]]:
    """First and last index per dimension; all of those behind the first one that differs."""
    found, differs = [], False
    for a, b, size in zip(first, last, sizes, strict=True):
        found.append((0, size - 1) if differs else (a, b))
        differs |= a != b
    return found


def _flat(box: Sequence[Span], sizes: Sequence[int]) -> Span:
    """The run of elements of a box that is one."""
    steps = [prod(sizes[d + 1 :]) for d in range(len(sizes))]
    low = sum(s.low * step for s, step in zip(box, steps, strict=True))
    high = sum((s.stop - 1) * step for s, step in zip(box, steps, strict=True))
    return Span(low, high + 1)
