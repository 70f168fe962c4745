"""The interval arrays of one operand, moved to the node that reads it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from jaxrf.geometry.graph import Access, AnyOf, Groups, Read, Running, Taps
from jaxrf.geometry.interval_arrays import EMPTY, empty, squeezed
from jaxrf.geometry.layers import IDENTITY
from jaxrf.geometry.periodic_law import CONSTANT, Law, combined, reduced, through
from jaxrf.theory.solve.index_tables import gather, slid, window_table
from jaxrf.theory.solve.reach import Reach
from jaxrf.theory.solve.taps import taps_tables
from jaxrf.theory.solve.whole import Whole

__all__ = ["read_operand"]

_FEW = 16  # taps up to which sliding beats a table


def read_operand(
    reach: Reach,
    shape: tuple[int, ...],
    how: Read | AnyOf,
    output: tuple[int, ...],
    place: tuple[int, int],
    axis: Whole,
) -> Reach:
    """What the outputs see through one operand, dimensions in output order.

    Args:
        reach: of the operand.
        shape: of the operand.
        how: the node reads it.
        output: shape of the node.
        place: indices of the node and of the operand, for what is to blame for what.
        axis: what counts as the whole of it.
    """
    if isinstance(how, AnyOf):
        return _united(
            [read_operand(reach, shape, read, output, place, axis) for read in how.reads]
        )
    if how.is_elementwise and len(how.dims) == len(shape):
        return reach
    whole = [d for d in range(len(shape)) if d not in how.followed]
    mixed = [] if how.is_plain else [s[0] for s in how.dims if s is not None and _mixes(s[1])]
    if _sees_axis(reach, whole, mixed, axis):
        seen = axis.blamed(*place, whole)
        if seen in axis.vetoed:
            reach = _unruled(reach)
        else:
            rank, seen = len(shape), seen if reach.seen is None else reach.seen
            reach = replace(reach, virtual=empty(rank), laws=(CONSTANT,) * rank, seen=seen)
    exact = _arranged(reach.exact, how, whole)
    virtual = exact if reach.virtual is reach.exact else _arranged(reach.virtual, how, whole)
    laws = [CONSTANT if step is None else reach.laws[step[0]] for step in how.dims]
    if not how.is_plain:
        exact, virtual, laws = _through(exact, virtual, laws, shape, how, output)
    united = [d for d in whole if reach.exact.shape[d + 1] > 1 or reach.virtual.shape[d + 1] > 1]
    mixed_along = not reach.carriers.isdisjoint(whole)
    if united or mixed_along:  # often the same everywhere: kept once, all that follows is cheap
        exact = squeezed(exact, range(len(output)))
        # A law that no pair of outputs confirms goes with what it was about (tokens of a window).
        still = [
            d
            for d, law in enumerate(laws)
            if law is not None and (law.shift == 0 or (mixed_along and law.period >= output[d]))
        ]
        virtual = squeezed(virtual, still)
        laws = [CONSTANT if d in still and virtual.shape[d + 1] == 1 else law
                for d, law in enumerate(laws)]  # fmt: skip
    carriers = frozenset(
        d
        for d, step in enumerate(how.dims)
        if step is not None and step[0] in reach.carriers and not _is_all(step[1])
    )
    return Reach(
        *(exact, virtual, tuple(laws), carriers),
        *(reach.seen, reach.unknown, reach.misaligned),
        reach.growing and how.where is None,  # a mask bounds what pairs of all with all see
        reach.lost,
        _pieces(reach, how),
    )


def _pieces(reach: Reach, how: Read) -> tuple[int, tuple[int, ...]] | None:
    """Where pieces lie after dimensions were moved."""
    if reach.pieces is None or not how.is_plain:
        return None
    dim, starts = reach.pieces
    moved = [d for d, step in enumerate(how.dims) if step is not None and step[0] == dim]
    return (moved[0], starts) if moved else None


def _through(
    exact: np.ndarray,
    virtual: np.ndarray,
    laws: list[Law | None],
    shape: tuple[int, ...],
    how: Read,
    output: tuple[int, ...],
) -> tuple[np.ndarray, np.ndarray, list[Law | None]]:
    """(exact, virtual, laws), in output order already, through each access and the mask."""
    laws = list(laws)
    for d, step in enumerate(how.dims):
        if step is None or step[1] == IDENTITY:
            continue
        if laws[d] == CONSTANT and exact.shape[d + 1] == 1 == virtual.shape[d + 1]:
            continue  # the same all along this dimension, whatever is read of it
        dim, access = step
        exact, virtual, laws[d] = _accessed(
            exact, virtual, laws[d], access, d, shape[dim], output[d]
        )
    if how.where is not None:
        exact = np.where(how.where, exact, EMPTY)
        masked = np.where(how.where, virtual, EMPTY)
        kept = [reduced(law, masked, d) for d, law in enumerate(laws)]
        if [law is None for law in kept] == [law is None for law in laws]:
            virtual, laws = masked, kept  # else it cuts at borders, as padding does
    return exact, virtual, laws


def _accessed(
    exact: np.ndarray,
    virtual: np.ndarray,
    law: Law | None,
    access: Access,
    dim: int,
    length: int,
    outputs: int,
) -> tuple[np.ndarray, np.ndarray, Law | None]:
    """(exact, virtual, law) along one dimension of the output."""
    if isinstance(access, Groups):
        exact = _grouped(exact, dim, access.count, outputs)
        virtual = _grouped(virtual, dim, access.count, outputs)
        return exact, virtual, CONSTANT if virtual.shape[dim + 1] == 1 else None
    if isinstance(access, Running):
        exact, virtual = (_running(spans, dim, access.reverse) for spans in (exact, virtual))
        return exact, virtual, CONSTANT if virtual.shape[dim + 1] == 1 else None
    if isinstance(access, Taps):
        real, periodic = taps_tables(access, length)
        exact = gather(exact, dim, length, real, None)
        if periodic is None:
            return exact, gather(virtual, dim, length, real, law), None
        moved = through(law, periodic.period, periodic.step)
        return exact, gather(virtual, dim, length, periodic, law, moved), moved
    table = window_table(access, outputs)
    if access.base_dilation == 1 and access.kernel <= _FEW:
        exact = slid(exact, dim, length, access, outputs)
    else:
        exact = gather(exact, dim, length, table, None)
    moved = through(law, table.period, table.step)
    return exact, gather(virtual, dim, length, table, law, moved), moved


def _united(parts: list[Reach]) -> Reach:
    """The union of several reads of one operand."""
    exact, virtual = parts[0].exact, parts[0].virtual
    for part in parts[1:]:
        exact, virtual = np.minimum(exact, part.exact), np.minimum(virtual, part.virtual)
    rank = len(parts[0].laws)
    return replace(
        parts[0],
        exact=exact,
        virtual=virtual,
        laws=tuple(combined(p.laws[d] for p in parts)[0] for d in range(rank)),
        carriers=frozenset().union(*(p.carriers for p in parts)),
        seen=next((p.seen for p in parts if p.seen is not None), None),
    )


def _mixes(access: Access) -> bool:
    """Whether some output along the dimension reads all of it."""
    return _is_all(access) or isinstance(access, Running)


def _is_all(access: Access) -> bool:
    """All to all along the dimension."""
    return isinstance(access, Groups) and access.count == 1


def _sees_axis(reach: Reach, whole: list[int], mixed: list[int], axis: Whole) -> bool:
    """Whether reading these dimensions whole, or all to all, means seeing the whole axis.

    True where one of them is what follows the axis, and all of it comes together somewhere: a mean
    over all rows is global, one over the rows inside a patch or of a tile is not. Nor is one over
    what a mask leaves of all rows (attention to near tokens), unless it leaves all of them.
    """
    if reach.carriers.isdisjoint((*whole, *mixed)) or not reach.is_local:
        return False
    if not reach.carriers.intersection((*whole, *mixed), reach.follows):
        return False
    united = reach.exact.min(tuple(d + 1 for d in (*whole, *mixed)), keepdims=True)
    return axis.covered(united, reach.laws)


def _unruled(reach: Reach) -> Reach:
    """What is read of the image alone, without a law: its ends come together somewhere."""
    laws = tuple(None if n > 1 else CONSTANT for n in reach.exact.shape[1:])
    return replace(reach, virtual=reach.exact, laws=laws)


def _arranged(spans: np.ndarray, read: Read, whole: list[int]) -> np.ndarray:
    """Dimensions in output order; those read whole are united, new ones have length 1."""
    united = tuple(d + 1 for d in whole if spans.shape[d + 1] > 1)
    if united:
        spans = spans.min(united, keepdims=True)
    lengths = [1 if step is None else spans.shape[step[0] + 1] for step in read.dims]
    if any(a > b for a, b in pairwise(read.followed)):
        spans = spans.transpose(0, *(d + 1 for d in read.followed), *(d + 1 for d in whole))
    return spans.reshape(2, *lengths)


def _grouped(spans: np.ndarray, dim: int, count: int, outputs: int) -> np.ndarray:
    """All to all within each of ``count`` groups along ``dim``."""
    if spans.shape[dim + 1] == 1:
        return spans
    if count == 1:
        return spans.min(dim + 1, keepdims=True)
    shape = spans.shape
    parts = spans.reshape(*shape[: dim + 1], count, -1, *shape[dim + 2 :]).min(dim + 2)
    return parts.repeat(outputs // count, dim + 1)


def _running(spans: np.ndarray, dim: int, reverse: bool) -> np.ndarray:
    """The union up to each index along ``dim``, or from it on."""
    if not reverse:
        return np.minimum.accumulate(spans, dim + 1)
    return np.flip(np.minimum.accumulate(np.flip(spans, dim + 1), dim + 1), dim + 1)
