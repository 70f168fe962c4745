"""From the reach of a node to its public field and its exact intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jaxrf.geometry.field import AxisField, Piece
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.interval_arrays import filled
from jaxrf.geometry.periodic_law import Law
from jaxrf.theory.solve.held import by_law, fitted, held
from jaxrf.theory.solve.reach import Reach

__all__ = ["axis_field", "output_dim"]


def output_dim(reach: Reach) -> int | None:
    """The dimension of the node that follows the input axis, None where none does."""
    return next(iter(reach.follows), None)


def axis_field(
    reach: Reach,
    axis: int,
    length: int,
    label: Callable[[int], str],
    shape: tuple[int, ...],
    dim: int | None,
) -> AxisField:
    """The field of a node along one input axis, held to what its outputs read.

    Its law is that of the padded intervals where the exact ones bear it out; else the one that the
    exact intervals of the interior follow; else none, and there is an interval per output.

    Args:
        reach: of the node.
        axis: of the input.
        length: of that axis.
        label: index of a node -> its operation and source line.
        shape: of the node.
        dim: its dimension that follows the axis, None where none does.
    """
    count = 1 if dim is None else shape[dim]
    virtual, exact = (_along(spans, dim, count) for spans in (reach.virtual, reach.exact))
    law, phases, notes = _law(reach, virtual, exact, length, dim)
    seen = None if reach.seen is None else label(reach.seen)
    if seen is None and law is None and reach.lost is not None:
        ends = np.array([[0], [1 - length]])
        if (exact == ends).all():  # by steps of which none sees it whole: scans in all directions
            seen = f"several steps up to {label(reach.lost)}"
            phases = np.zeros((2, 0), np.int64)
            notes = ()
    intervals = _gapless(phases)
    if law is None and reach.lost is not None and seen is None and intervals:
        notes = (*notes, f"follows no law after {label(reach.lost)}")
    return AxisField(
        axis=axis,
        length=length,
        phases=intervals,
        shift=None if law is None else law.shift,
        aligned=reach.misaligned is None,
        global_via=seen,
        approximate=None if reach.unknown is None else label(reach.unknown),
        growing=law is None and (reach.growing or _grows(intervals)),
        exact=tuple(_intervals(exact)),
        notes=notes,
        pieces=_pieces(reach, virtual, dim, count) if law is None else (),
    )


def _law(
    reach: Reach, virtual: np.ndarray, exact: np.ndarray, length: int, dim: int | None
) -> tuple[Law | None, np.ndarray, tuple[str, ...]]:
    """(the law, intervals of one period or of every output, notes)."""
    if not filled(virtual).any():
        return None, virtual[:, :0], ()
    count = virtual.shape[1]
    law = None if dim is None else reach.laws[dim]
    if law is not None and (law.period > count or law.shift == 0 and law.period == count > 1):
        law = None  # no two outputs confirm it
    if reach.seen is not None:  # its outputs read more than the local field, which is shown
        return law, virtual if law is None else virtual[:, : law.period], ()
    found = held(virtual, exact, length)
    if law is not None and found.broken is None:
        said = by_law(virtual[:, : law.period], law, count)
        found = held(said, exact, length)
        if found.broken is None:
            return law, virtual[:, : law.period], found.notes
    if (better := fitted(exact, length)) is not None:
        law, phases = better
        confirmed = held(by_law(phases, law, count), exact, length)
        if confirmed.broken is None:
            return law, phases, confirmed.notes
    if found.broken is None:
        return None, virtual, found.notes
    why = () if law is None else (f"no law: {found.broken}",)
    return None, exact, why


def _pieces(reach: Reach, virtual: np.ndarray, dim: int | None, count: int) -> tuple[Piece, ...]:
    """The largest field of every piece that was laid beside others."""
    if reach.pieces is None or reach.pieces[0] != dim:
        return ()
    starts = reach.pieces[1]
    pieces = []
    for first, stop in zip(starts, (*starts[1:], count), strict=True):
        part = virtual[:, first:stop]
        size = np.where(filled(part), 1 - part[0] - part[1], 0).max(initial=0)
        pieces.append(Piece(first, stop - 1, int(size)))
    return tuple(pieces)


def _grows(phases: tuple[Interval, ...]) -> bool:
    """Whether one end stays where it is while the other one moves: states of a recurrence."""
    lows, highs = {p.low for p in phases}, {p.high for p in phases}
    return len(phases) > 2 and (len(lows) == 1) != (len(highs) == 1)


def _along(spans: np.ndarray, dim: int | None, count: int) -> np.ndarray:
    """[2, count]: the union over every dimension but ``dim``."""
    others = tuple(d for d in range(1, spans.ndim) if dim is None or d != dim + 1)
    return np.broadcast_to(spans.min(others).reshape(2, -1), (2, count))


def _intervals(along: np.ndarray) -> list[Interval | None]:
    """What every output reads, None where that is nothing."""
    return [
        _interval(along[:, i]) if some else None for i, some in enumerate(filled(along).tolist())
    ]


def _gapless(along: np.ndarray) -> tuple[Interval, ...]:
    """The intervals of outputs; one that reads nothing is empty, after the last."""
    some = filled(along)
    if not some.any():
        return ()
    first = int(np.argmax(some))
    before = Interval(int(along[0, first]), int(along[0, first]) - 1)
    phases = []
    for i in range(along.shape[1]):
        if some[i]:
            phases.append(_interval(along[:, i]))
            before = Interval(phases[-1].high + 1, phases[-1].high)
        else:
            phases.append(before)
    return tuple(phases)


def _interval(span: np.ndarray) -> Interval:
    return Interval(int(span[0]), -int(span[1]))
