"""Nodes with several operands: unions of their fields, checked by eqs (12) and (13).

What is no misalignment although centres differ stands in :mod:`jaxrf.theory.solve.endings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from jaxrf.geometry.graph import AnyOf, Read
from jaxrf.geometry.interval_arrays import centers, empty, filled, movement, union
from jaxrf.geometry.periodic_law import CONSTANT, Law, combined, holds
from jaxrf.theory.solve.endings import end_together, stand_still
from jaxrf.theory.solve.index_tables import Table, gather
from jaxrf.theory.solve.reach import Reach
from jaxrf.theory.solve.seams import Seams

__all__ = ["Found", "concatenated", "joined"]


@dataclass(frozen=True)
class Found:
    """Operands number i and j of a join disagree.

    Attributes:
        operands: i and j.
        rates: input pixels by which each moves per output.
        offsets: centre of j minus centre of i, input pixels, smallest and largest.
    """

    operands: tuple[int, int]
    rates: tuple[Fraction | None, Fraction | None]
    offsets: tuple[float, float]


def joined(
    parts: Sequence[Reach | None],
    index: int,
    found: dict[int, Found],
    reads: Sequence[Read | AnyOf],
) -> Reach:
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
    laws, misaligned, growing = _checked(some, index, found, reads=reads)
    exact, virtual = some[0][1].exact, some[0][1].virtual
    for _, part in some[1:]:
        exact, virtual = union(exact, part.exact), union(virtual, part.virtual)
    return _gathered(some, exact, virtual, laws, misaligned, growing)


def concatenated(
    operands: Sequence[tuple[Reach | None, tuple[int, ...]]],
    shape: tuple[int, ...],
    dim: int,
    index: int,
    found: dict[int, Found],
    length: int,
) -> Reach:
    """Pieces laid along ``dim``.

    Where that follows the axis, the longest piece gives the law, as long as it explains all that
    the others see: padding by copies, tiles that fit. Otherwise there is none, and the pieces are
    remembered.

    Args:
        operands: (what they see, None for nothing; their shape).
        shape: of the result.
        dim: along which they are laid.
        index: of the node.
        found: where disagreements are recorded.
        length: of the input axis.
    """
    lengths = [piece[dim] for _, piece in operands]
    some = [(n, reach) for n, (reach, _) in enumerate(operands) if reach is not None]
    if lengths[some[0][0]] == shape[dim]:  # the others are pieces of length 0
        return some[0][1]
    exact = _laid([r and r.exact for r, _ in operands], lengths, dim, len(shape))
    laid = _laid([r and r.virtual for r, _ in operands], lengths, dim, len(shape))
    local = [(n, r) for n, r in some if r.is_local]
    longest = max(local, key=lambda item: lengths[item[0]], default=None)
    if (
        longest is not None
        and dim in longest[1].carriers
        and dim in longest[1].follows
        and longest[1].laws[dim] not in (None, CONSTANT)
    ):
        n, piece = longest
        positions = np.arange(shape[dim])[:, None] - sum(lengths[:n])
        table = Table(positions, np.ones_like(positions, bool), 1, 1)
        law = piece.laws[dim]
        virtual = gather(piece.virtual, dim, lengths[n], table, law, law)
        seams = Seams(dim, tuple(lengths), n, length)
        if seams.explained(virtual, laid, exact):
            return _gathered(some, exact, virtual, piece.laws, piece.misaligned, piece.growing)
        # Each piece looks where it does: eqs (12) and (13) say nothing about one beside another.
        laws = tuple(combined(p.laws[d] for _, p in local)[0] for d in range(len(shape)))
        laws = (*laws[:dim], None, *laws[dim + 1 :])
        misaligned = next((p.misaligned for _, p in some if p.misaligned is not None), None)
        growing = any(p.growing for _, p in some)
        united = _gathered(some, exact, laid, laws, misaligned, growing)
        starts = tuple(sum(lengths[:k]) for k in range(len(lengths)) if lengths[k])
        return replace(united, pieces=(dim, starts))
    laws, misaligned, growing = _checked(some, index, found, ignore=dim)
    along = CONSTANT if laid.shape[dim + 1] == 1 else _common(local, laid, dim)
    laws = (*laws[:dim], along, *laws[dim + 1 :])
    united = _gathered(some, exact, laid, laws, misaligned, growing)
    elsewhere = any(shape[d] > 1 for d in united.carriers if d != dim)
    single = all(n == 1 for n in lengths)
    if single and not elsewhere and movement(exact, dim):  # places of the axis, in a row again
        united = replace(united, carriers=frozenset({dim}))
    return united


def _common(local, virtual: np.ndarray, dim: int) -> Law | None:
    """The law that all pieces have along ``dim``, where it goes on from one to the next."""
    laws = {piece.laws[dim] for _, piece in local}
    law = laws.pop() if len(laws) == 1 else None
    return law if law is not None and holds(law, virtual, dim) else None


def _gathered(some, exact, virtual, laws, misaligned, growing) -> Reach:
    """The union, with the first global and unknown operation below it."""

    def first(name: str):
        return next((v for _, p in some if (v := getattr(p, name)) is not None), None)

    carriers = frozenset().union(*(part.carriers for _, part in some))
    return Reach(
        *(exact, virtual, laws, carriers, first("seen"), first("unknown")),
        *(misaligned, growing, first("lost"), first("pieces")),
    )


def _laid(pieces, lengths: list[int], dim: int, rank: int) -> np.ndarray:
    """Intervals of pieces along ``dim``, kept at length 1 where all of them are the same."""
    pieces = [empty(rank) if p is None else p for p in pieces]
    first = pieces[0]
    if first.shape[dim + 1] == 1 and all(
        p is first or (p.shape == first.shape and (p == first).all()) for p in pieces
    ):
        return first
    common = list(
        np.broadcast_shapes(*(p.shape[: dim + 1] + (1,) + p.shape[dim + 2 :] for p in pieces))
    )
    spread = []
    for piece, length in zip(pieces, lengths, strict=True):
        common[dim + 1] = length
        spread.append(np.broadcast_to(piece, common))
    return np.concatenate(spread, dim + 1)


def _checked(
    some: list[tuple[int, Reach]],
    index: int,
    found: dict[int, Found],
    *,
    ignore: int | None = None,
    reads: Sequence[Read | AnyOf] = (),
) -> tuple[tuple[Law | None, ...], int | None, bool]:
    """(laws of the union, first misaligned join, growing); records a disagreement in ``found``.

    ``ignore`` is a dimension along which the operands lie side by side. Operands that are each
    spread where the other moves are paired all with all (queries with keys), not joined at one
    place: eqs (12) and (13) have nothing to say about them.
    """
    misaligned = next((p.misaligned for _, p in some if p.misaligned is not None), None)
    growing = any(p.growing for _, p in some)
    local = [(n, p) for n, p in some if p.is_local]
    if not local:
        return some[0][1].laws, misaligned, growing
    base = local[0][1]
    if all(p.virtual is base.virtual and p.laws == base.laws for _, p in local):
        same = (CONSTANT if d == ignore else law for d, law in enumerate(base.laws))
        return tuple(same), misaligned, growing
    rank = len(local[0][1].laws)
    laws, uneven = [], None
    for d in range(rank):
        law, differ = combined(p.laws[d] for _, p in local) if d != ignore else (CONSTANT, False)
        laws.append(law)
        uneven = d if differ and uneven is None else uneven
    first, base = local[0]
    apart, together = [], []
    for other, part in local[1:]:
        if part.virtual is base.virtual or stand_still(base, part):
            continue
        if reads and _moves(base, reads[other]) and _moves(part, reads[first]):
            continue
        offsets = _offsets(base.virtual, part.virtual, ignore)
        rates = (_rate(base, uneven or 0), _rate(part, uneven or 0))
        differ = uneven is not None and base.laws[uneven] != part.laws[uneven]
        together.append(not differ and end_together(base.virtual, part.virtual, ignore))
        if differ or any(offsets):
            if not differ:
                moving = next((d for d, law in enumerate(base.laws) if law and law.shift), 0)
                rates = (_rate(base, moving), _rate(part, moving))
            apart.append(Found((first, other), rates, offsets))
    if apart and not all(together):
        found.setdefault(index, apart[0])
        misaligned = index if misaligned is None else misaligned
    return tuple(laws), misaligned, growing or uneven is not None


def _moves(reach: Reach, read: Read | AnyOf) -> bool:
    """Whether the field moves along a dimension along which the read operand is repeated."""
    dims = read.reads[0].dims if isinstance(read, AnyOf) else read.dims
    return any(step is None and reach.moves(d) for d, step in enumerate(dims))


def _rate(reach: Reach, dim: int) -> Fraction | None:
    law = reach.laws[dim] if reach.laws else None  # a single number moves along nothing
    return None if law is None else law.rate


def _offsets(a: np.ndarray, b: np.ndarray, ignore: int | None) -> tuple[float, float]:
    """Smallest and largest distance between centres, where both operands see something."""
    if ignore is not None:
        a, b = (s.min(ignore + 1, keepdims=True) for s in (a, b))
    gap = centers(b) - centers(a)
    both = filled(a) & filled(b)
    if both.all():
        return float(gap.min()) / 2, float(gap.max()) / 2
    gap = gap[np.broadcast_to(both, gap.shape)]
    return (float(gap.min()) / 2, float(gap.max()) / 2) if gap.size else (0.0, 0.0)
