"""Nodes with several operands: unions of their fields, each operand at its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from jaxrf.geometry.index_tables import Table, continued, gather
from jaxrf.geometry.interval_arrays import movement, union
from jaxrf.geometry.periodic_law import CONSTANT, Law, combined, holds
from jaxrf.geometry.words import Concatenate, OperandRead
from jaxrf.theory.solve.alignment import Alignment, Disagreement, alignment
from jaxrf.theory.solve.node_field import NodeField
from jaxrf.theory.solve.pieces import Pieces

__all__ = ["concatenated", "joined"]

Found = dict[int, Disagreement]  # by node: where disagreements are recorded
Some = Sequence[tuple[int, NodeField]]  # the operands that the input reaches, with their numbers


def joined(
    parts: Sequence[NodeField | None],
    index: int,
    found: Found,
    reads: Sequence[OperandRead],
) -> NodeField:
    """Elementwise join.

    Args:
        parts: the operands as the output sees them, None: no dependency.
        index: of the join.
        found: where disagreements are recorded.
        reads: how each operand is read; some are repeated along dimensions.
    """
    some = [(n, part) for n, part in enumerate(parts) if part is not None]
    if len(some) == 1:
        return some[0][1]
    exact, virtual = some[0][1].exact, some[0][1].virtual
    for _, part in some[1:]:
        exact, virtual = union(exact, part.exact), union(virtual, part.virtual)
    return _checked(some, exact, virtual, alignment(some, reads=reads), index, found)


def concatenated(
    operands: Sequence[tuple[NodeField | None, tuple[int, ...]]],
    shape: tuple[int, ...],
    dependence: Concatenate,
    index: int,
    found: Found,
    length: int,
) -> NodeField:
    """Pieces laid along a dimension.

    Where that follows the axis, the longest piece gives the law, as long as it explains all that
    the others see: padding by copies, tiles that fit. Otherwise there is none, and the pieces are
    remembered.

    Args:
        operands: (what they see, None for nothing; their shape).
        shape: of the result.
        dependence: the word that lays them.
        index: of the node.
        found: where disagreements are recorded.
        length: of the input axis.
    """
    dim, lengths = dependence.dim, [piece[dependence.dim] for _, piece in operands]
    some = [(n, field) for n, (field, _) in enumerate(operands) if field is not None]
    if lengths[some[0][0]] == shape[dim]:  # the others are pieces of length 0
        return some[0][1]
    exact = dependence.concatenated_arrays(
        [None if r is None else r.exact for r, _ in operands], lengths, len(shape)
    )
    laid = dependence.concatenated_arrays(
        [None if r is None else r.virtual for r, _ in operands], lengths, len(shape)
    )
    local = [(n, r) for n, r in some if r.is_local]
    longest = max(local, key=lambda item: lengths[item[0]], default=None)
    if longest is not None and _follows(longest[1], dim):
        virtual = _by_law_of(longest, lengths, dim)
        pieces = Pieces(dim, tuple(lengths), longest[0], length)
        if pieces.share_law(virtual, laid, exact):
            return _united(some, exact, virtual, longest[1].laws, longest[1].misaligned,
                           longest[1].growing)  # fmt: skip
        return _beside(some, exact, laid, lengths, dim)
    checked = alignment(some, ignore=dim)
    along = CONSTANT if laid.shape[dim + 1] == 1 else _common(local, laid, dim)
    checked = replace(checked, laws=(*checked.laws[:dim], along, *checked.laws[dim + 1 :]))
    united = _checked(some, exact, laid, checked, index, found)
    elsewhere = any(shape[d] > 1 for d in united.carriers if d != dim)
    single = all(n == 1 for n in lengths)
    if single and not elsewhere and movement(exact, dim):  # places of the axis, in a row again
        united = replace(united, carriers=frozenset({dim}))
    return united


def _follows(piece: NodeField, dim: int) -> bool:
    """Whether a piece moves along the input axis, by a law, where others are laid beside it."""
    return (
        dim in piece.carriers and dim in piece.follows and piece.laws[dim] not in (None, CONSTANT)
    )


def _by_law_of(piece: tuple[int, NodeField], lengths: Sequence[int], dim: int) -> np.ndarray:
    """The intervals of all pieces, as the law of one continues them."""
    number, field = piece
    law, outputs = field.laws[dim], sum(lengths)
    if law is None:
        raise ValueError(f"piece {number} has no law along {dim}, need one")
    positions = np.arange(min(outputs, law.period))[:, None] - sum(lengths[:number])
    table = Table(positions, np.ones_like(positions, bool))
    found = gather(field.virtual, dim, lengths[number], table, law)
    return continued(found, dim, outputs, law)


def _beside(
    some: Some, exact: np.ndarray, laid: np.ndarray, lengths: Sequence[int], dim: int
) -> NodeField:
    """Each piece looks where it does: eqs (12) and (13) say nothing about one beside another."""
    local = [field for _, field in some if field.is_local]
    laws = [combined(field.laws[d] for field in local)[0] for d in range(laid.ndim - 1)]
    laws[dim] = None
    growing = any(field.growing for _, field in some)
    united = _united(some, exact, laid, tuple(laws), _first(some, "misaligned"), growing)
    starts = tuple(sum(lengths[:k]) for k in range(len(lengths)) if lengths[k])
    return replace(united, pieces=(dim, starts))


def _common(local: Some, virtual: np.ndarray, dim: int) -> Law | None:
    """The law that all pieces have along ``dim``, where it goes on from one to the next."""
    laws = {piece.laws[dim] for _, piece in local}
    law = laws.pop() if len(laws) == 1 else None
    return law if law is not None and holds(law, virtual, dim) else None


def _checked(
    some: Some,
    exact: np.ndarray,
    virtual: np.ndarray,
    checked: Alignment,
    index: int,
    found: Found,
) -> NodeField:
    """The union; the first misaligned join below it, or itself, whose disagreement is recorded."""
    misaligned = _first(some, "misaligned")
    if checked.disagreement is not None:
        found.setdefault(index, checked.disagreement)
        misaligned = index if misaligned is None else misaligned
    growing = checked.growing or any(field.growing for _, field in some)
    return _united(some, exact, virtual, checked.laws, misaligned, growing)


def _united(
    some: Some,
    exact: np.ndarray,
    virtual: np.ndarray,
    laws: tuple[Law | None, ...],
    misaligned: int | None,
    growing: bool,
) -> NodeField:
    """The union, with the first global and unknown operation below it."""
    carriers = frozenset().union(*(part.carriers for _, part in some))
    return NodeField(
        *(exact, virtual, laws, carriers, _first(some, "seen"), _first(some, "unknown")),
        *(misaligned, growing, _first(some, "lost"), _first(some, "pieces")),
    )


def _first(some: Some, name: str) -> Any:
    """An attribute of the first operand that has one."""
    return next((v for _, part in some if (v := getattr(part, name)) is not None), None)
