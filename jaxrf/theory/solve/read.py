"""The interval arrays of one operand, moved to the node that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from jaxrf.geometry.interval_arrays import empty, squeezed
from jaxrf.geometry.periodic_law import CONSTANT, Law, combined
from jaxrf.geometry.words import OperandRead, Read
from jaxrf.theory.solve.global_reads import GlobalReads
from jaxrf.theory.solve.node_field import NodeField

__all__ = ["read_operand"]

Laws = tuple[Law | None, ...]


def read_operand(
    field: NodeField,
    shape: tuple[int, ...],
    dependence: OperandRead,
    output: tuple[int, ...],
    place: tuple[int, int],
    axis: GlobalReads,
) -> NodeField:
    """The field that outputs have through one operand, dimensions in output order.

    Args:
        field: of the operand.
        shape: of the operand.
        dependence: the word by which the node reads it.
        output: shape of the node.
        place: indices of the node and of the operand, for what is to blame for what.
        axis: what counts as the whole of it.
    """
    parts = [_read(field, shape, part, output, place, axis) for part in dependence.parts]
    return parts[0] if len(parts) == 1 else _united(parts)


def _read(
    field: NodeField,
    shape: tuple[int, ...],
    read: Read,
    output: tuple[int, ...],
    place: tuple[int, int],
    axis: GlobalReads,
) -> NodeField:
    """One part: what is read whole is marked, dimensions are arranged, accesses are applied."""
    if read.is_elementwise and len(read.dims) == len(shape):
        return field
    whole = [d for d in range(len(shape)) if d not in read.followed]
    field = _marked_global(field, read, whole, place, axis)
    exact = read.arranged(field.exact, whole)
    virtual = exact if field.virtual is field.exact else read.arranged(field.virtual, whole)
    laws: Laws = tuple(CONSTANT if step is None else field.laws[step[0]] for step in read.dims)
    if not read.is_plain:
        exact, virtual, laws = read.forward(exact, virtual, laws, shape, output)
    united = any(field.exact.shape[d + 1] > 1 or field.virtual.shape[d + 1] > 1 for d in whole)
    along_axis = not field.carriers.isdisjoint(whole)
    if united or along_axis:
        exact, virtual, laws = _settled(exact, virtual, laws, output, along_axis=along_axis)
    return NodeField(
        *(exact, virtual, laws, _carriers(field, read)),
        *(field.seen, field.unknown, field.misaligned),
        field.growing and read.where is None,  # a mask bounds what pairs of all with all see
        field.lost,
        _pieces(field, read),
    )


def _marked_global(
    field: NodeField, read: Read, whole: Sequence[int], place: tuple[int, int], axis: GlobalReads
) -> NodeField:
    """The operand without its local field where this read sees the whole axis.

    Where exact sets have shown that it does not, what is left is an interval without a law: the
    ends of the image come together somewhere.
    """
    mixed = [step[0] for step in read.dims if step is not None and step[1].accumulates]
    if not _sees_axis(field, (*whole, *mixed), axis):
        return field
    seen = axis.blamed(*place, whole)
    if seen in axis.vetoed:
        laws = tuple(None if n > 1 else CONSTANT for n in field.exact.shape[1:])
        return replace(field, virtual=field.exact, laws=laws)
    rank = len(field.laws)
    seen = seen if field.seen is None else field.seen
    return replace(field, virtual=empty(rank), laws=(CONSTANT,) * rank, seen=seen)


def _sees_axis(field: NodeField, dims: Sequence[int], axis: GlobalReads) -> bool:
    """Whether reading these dimensions whole, or all to all, means seeing the whole axis.

    True where one of them is what follows the axis, and all of it comes together somewhere: a mean
    over all rows is global, one over the rows inside a patch or of a tile is not. Nor is one over
    what a mask leaves of all rows (attention to near tokens), unless it leaves all of them.
    """
    if field.carriers.isdisjoint(dims) or not field.is_local:
        return False
    if not field.carriers.intersection(dims, field.follows):
        return False
    united = field.exact.min(tuple(d + 1 for d in dims), keepdims=True)
    return axis.covered(united, field.laws)


def _settled(
    exact: np.ndarray,
    virtual: np.ndarray,
    laws: Laws,
    output: tuple[int, ...],
    *,
    along_axis: bool,
) -> tuple[np.ndarray, np.ndarray, Laws]:
    """Reduce dimensions along which a union does not vary to length 1, which keeps arrays small.

    A law that no pair of outputs confirms goes with what it was about (tokens of a window).
    """
    exact = squeezed(exact, range(len(output)))
    still = [
        d
        for d, law in enumerate(laws)
        if law is not None and (law.shift == 0 or (along_axis and law.period >= output[d]))
    ]
    virtual = squeezed(virtual, still)
    constant = {d for d in still if virtual.shape[d + 1] == 1}
    return exact, virtual, tuple(CONSTANT if d in constant else law for d, law in enumerate(laws))


def _carriers(field: NodeField, read: Read) -> frozenset[int]:
    """The dimensions along which the input axis has come through a read."""
    return frozenset(
        d
        for d, step in enumerate(read.dims)
        if step is not None and step[0] in field.carriers and not step[1].reads_all
    )


def _pieces(field: NodeField, read: Read) -> tuple[int, tuple[int, ...]] | None:
    """The positions of pieces after dimensions were moved."""
    if field.pieces is None or not read.is_plain:
        return None
    dim, starts = field.pieces
    moved = [d for d, step in enumerate(read.dims) if step is not None and step[0] == dim]
    return (moved[0], starts) if moved else None


def _united(parts: list[NodeField]) -> NodeField:
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
