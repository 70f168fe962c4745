"""The public field of a node and its exact intervals, from its interval arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jaxrf.geometry.field import AxisField, Piece
from jaxrf.geometry.index_tables import continued
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.interval_arrays import filled
from jaxrf.geometry.periodic_law import Law
from jaxrf.theory.solve.consistency import check_consistency, fitted_law
from jaxrf.theory.solve.node_field import NodeField

__all__ = ["axis_field", "output_dim"]


def output_dim(node_field: NodeField) -> int | None:
    """The dimension of the node that follows the input axis, None where none does."""
    return next(iter(node_field.follows), None)


def axis_field(
    node_field: NodeField,
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
        node_field: what the node sees of the axis.
        axis: of the input.
        length: of that axis.
        label: index of a node -> its operation and source line.
        shape: of the node.
        dim: its dimension that follows the axis, None where none does.
    """
    count = 1 if dim is None else shape[dim]
    virtual, exact = (
        _along(intervals, dim, count) for intervals in (node_field.virtual, node_field.exact)
    )
    law, phases, notes = _law(node_field, virtual, exact, length, dim)
    seen = None if node_field.seen is None else label(node_field.seen)
    if seen is None and law is None and node_field.lost is not None:
        ends = np.array([[0], [1 - length]])
        if (exact == ends).all():  # by steps of which none sees it whole: scans in all directions
            seen = f"several steps up to {label(node_field.lost)}"
            phases = np.zeros((2, 0), np.int64)
            notes = ()
    intervals = _gapless(phases)
    if law is None and node_field.lost is not None and seen is None and intervals:
        notes = (*notes, f"follows no law after {label(node_field.lost)}")
    return AxisField(
        axis=axis,
        length=length,
        phases=intervals,
        shift=None if law is None else law.shift,
        aligned=node_field.misaligned is None,
        global_via=seen,
        approximate=None if node_field.unknown is None else label(node_field.unknown),
        growing=law is None and (node_field.growing or _grows(intervals)),
        exact=tuple(_intervals(exact)),
        notes=notes,
        pieces=_pieces(node_field, virtual, dim, count) if law is None else (),
    )


def _law(
    node_field: NodeField, virtual: np.ndarray, exact: np.ndarray, length: int, dim: int | None
) -> tuple[Law | None, np.ndarray, tuple[str, ...]]:
    """(the law, intervals of one period or of every output, notes)."""
    if not filled(virtual).any():
        return None, virtual[:, :0], ()
    count = virtual.shape[1]
    law = None if dim is None else node_field.laws[dim]
    if law is not None and (law.period > count or (law.shift == 0 and law.period == count > 1)):
        law = None  # no two outputs confirm it
    if node_field.seen is not None:  # its outputs read more than the local field, which is shown
        return law, virtual if law is None else virtual[:, : law.period], ()
    found = check_consistency(virtual, exact, length)
    if law is not None and found.broken is None:
        said = continued(virtual[:, : law.period], 0, count, law)
        found = check_consistency(said, exact, length)
        if found.broken is None:
            return law, virtual[:, : law.period], found.notes
    if (better := fitted_law(exact, length)) is not None:
        law, phases = better
        confirmed = check_consistency(continued(phases, 0, count, law), exact, length)
        if confirmed.broken is None:
            return law, phases, confirmed.notes
    if found.broken is None:
        return None, virtual, found.notes
    why = () if law is None else (f"no law: {found.broken}",)
    return None, exact, why


def _pieces(
    node_field: NodeField, virtual: np.ndarray, dim: int | None, count: int
) -> tuple[Piece, ...]:
    """The largest field of every piece that was laid beside others."""
    if node_field.pieces is None or node_field.pieces[0] != dim:
        return ()
    starts = node_field.pieces[1]
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


def _along(intervals: np.ndarray, dim: int | None, count: int) -> np.ndarray:
    """[2, count]: the union over every dimension but ``dim``."""
    others = tuple(d for d in range(1, intervals.ndim) if dim is None or d != dim + 1)
    return np.broadcast_to(intervals.min(others).reshape(2, -1), (2, count))


def _intervals(along: np.ndarray) -> list[Interval | None]:
    """The interval that every output reads, None where it reads nothing."""
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
