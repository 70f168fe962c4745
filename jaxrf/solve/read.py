"""One operand as a node reads it: the interval arrays of :mod:`jaxrf.solve.intervals`, moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jaxrf.graph import Access, AnyOf, Groups, Read, Running, Taps
from jaxrf.layers import IDENTITY
from jaxrf.solve.laws import CONSTANT, Law, combined, reduced, through
from jaxrf.solve.reach import Reach
from jaxrf.solve.spans import EMPTY, empty, squeezed
from jaxrf.solve.tables import gather, window_table
from jaxrf.solve.taps import taps_tables

__all__ = ["read_operand"]


def read_operand(
    reach: Reach,
    shape: tuple[int, ...],
    how: Read | AnyOf,
    output: tuple[int, ...],
    index: int,
) -> Reach:
    """What the outputs see through one operand, dimensions in output order.

    Args:
        reach: of the operand.
        shape: of the operand.
        how: the node reads it.
        output: shape of the node.
        index: of the node, for what it is to blame for.
    """
    if isinstance(how, AnyOf):
        return _united([read_operand(reach, shape, read, output, index) for read in how.reads])
    if _is_identity(how, len(shape)):
        return reach
    steps = [step for step in how.dims if step is not None]
    followed = [dim for dim, _ in steps]
    whole = [d for d in range(len(shape)) if d not in followed]
    mixed = [dim for dim, access in steps if _mixes(access)]
    if _sees_axis(reach, [*whole, *mixed]):
        seen = index if reach.seen is None else reach.seen
        rank = len(shape)
        reach = replace(reach, virtual=empty(rank), laws=(CONSTANT,) * rank, seen=seen)
    exact, virtual = (
        _arranged(spans, how, followed, whole) for spans in (reach.exact, reach.virtual)
    )
    laws: list[Law | None] = [CONSTANT] * len(output)
    for d, step in enumerate(how.dims):
        if step is None or step[1] == IDENTITY:
            laws[d] = CONSTANT if step is None else reach.laws[step[0]]
            continue
        dim, access = step
        law = reach.laws[dim]
        if law == CONSTANT and exact.shape[d + 1] == 1 == virtual.shape[d + 1]:
            continue  # the same all along this dimension, whatever is read of it
        exact, virtual, laws[d] = _accessed(exact, virtual, law, access, d, shape[dim], output[d])
    if how.where is not None:
        exact = np.where(how.where, exact, EMPTY)
        masked = np.where(how.where, virtual, EMPTY)
        kept = [reduced(law, masked, d) for d, law in enumerate(laws)]
        if [law is None for law in kept] == [law is None for law in laws]:
            virtual, laws = masked, kept  # else it cuts at borders, as padding does
    if whole:  # unions are often the same everywhere: kept once, all that follows is cheap
        exact = squeezed(exact, range(len(output)))
        # A law that no pair of outputs confirms goes with what it was about (tokens of a window).
        mixed_along = not reach.carriers.isdisjoint(whole)
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
        if step is not None and step[0] in reach.carriers and step[1] != Groups()
    )
    return replace(reach, exact=exact, virtual=virtual, laws=tuple(laws), carriers=carriers)


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
        virtual = gather(virtual, dim, length, periodic, law)
        return exact, virtual, through(law, periodic.period, periodic.step)
    table = window_table(access, outputs)
    exact = gather(exact, dim, length, table, None)
    virtual = gather(virtual, dim, length, table, law)
    return exact, virtual, through(law, table.period, table.step)


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


def _is_identity(read: Read, rank: int) -> bool:
    if read.where is not None or len(read.dims) != rank:
        return False
    for d, step in enumerate(read.dims):
        if step is None or step[1] is not IDENTITY or step[0] != d:
            return False
    return True


def _mixes(access: Access) -> bool:
    """Whether some output along the dimension reads all of it."""
    return access == Groups() or isinstance(access, Running)


def _sees_axis(reach: Reach, whole: list[int]) -> bool:
    """Whether reading these dimensions whole means seeing the whole axis.

    True where one of them is what follows the axis: a mean over all rows is global, one over the
    rows inside a patch is not.
    """
    met = reach.carriers.intersection(whole)
    return bool(met) and reach.is_local and not met.isdisjoint(reach.follows)


def _arranged(spans: np.ndarray, read: Read, followed: list[int], whole: list[int]) -> np.ndarray:
    """Dimensions in output order; those read whole are united, new ones have length 1."""
    if whole:
        spans = spans.min(tuple(d + 1 for d in whole), keepdims=True)
    spans = spans.transpose(0, *(d + 1 for d in followed), *(d + 1 for d in whole))
    lengths = iter(spans.shape[1:])
    return spans.reshape(2, *(1 if step is None else next(lengths) for step in read.dims))


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
