"""Alignment: whether the operands of a join satisfy eqs (12) and (13), and how they disagree.

What is no misalignment although centres differ stands in :mod:`jaxrf.theory.solve.causal_joins`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from jaxrf.geometry.interval_arrays import centers, filled
from jaxrf.geometry.periodic_law import CONSTANT, Law, combined
from jaxrf.geometry.words import OperandRead
from jaxrf.theory.solve.causal_joins import end_together, stand_still
from jaxrf.theory.solve.node_field import NodeField

__all__ = ["Alignment", "Disagreement", "alignment"]

Operand = tuple[int, NodeField]  # its number in the join, and what the output sees through it


@dataclass(frozen=True)
class Disagreement:
    """Operands number i and j of a join disagree.

    Attributes:
        operands: i and j.
        rates: input pixels by which each moves per output.
        offsets: centre of j minus centre of i, input pixels, smallest and largest.
    """

    operands: tuple[int, int]
    rates: tuple[Fraction | None, Fraction | None]
    offsets: tuple[float, float]


@dataclass(frozen=True)
class Alignment:
    """The common laws of the operands of a join, and their disagreement.

    Attributes:
        laws: of their union, per dimension.
        growing: whether some move at different rates.
        disagreement: the first one that eqs (12) and (13) do not allow, None where they hold.
    """

    laws: tuple[Law | None, ...]
    growing: bool = False
    disagreement: Disagreement | None = None


def alignment(
    operands: Sequence[Operand],
    *,
    ignore: int | None = None,
    reads: Sequence[OperandRead] = (),
) -> Alignment:
    """Hold the operands of a join to eqs (12) and (13): one stride and one centre.

    Args:
        operands: those that the input reaches, dimensions in output order.
        ignore: dimension along which they lie side by side.
        reads: how the operands are read, by number. Operands that are each repeated where the other
            one moves are paired all with all (queries with keys), not joined at one place: the
            equations have nothing to say about them.
    """
    local = [(n, field) for n, field in operands if field.is_local]
    if not local:
        return Alignment(operands[0][1].laws)
    first, base = local[0]
    if all(field.virtual is base.virtual and field.laws == base.laws for _, field in local):
        return Alignment(tuple(CONSTANT if d == ignore else law for d, law in enumerate(base.laws)))
    laws, uneven = _laws(local, ignore)
    pairs = [
        (other, field)
        for other, field in local[1:]
        if not (field.virtual is base.virtual or stand_still(base, field))
        and not (reads and _moves(base, reads[other]) and _moves(field, reads[first]))
    ]
    return Alignment(laws, uneven is not None, _disagreement((first, base), pairs, uneven, ignore))


def _laws(
    local: Sequence[Operand], ignore: int | None
) -> tuple[tuple[Law | None, ...], int | None]:
    """(laws of the union, the first dimension along which operands move at different rates)."""
    laws: list[Law | None] = []
    uneven = None
    for d in range(len(local[0][1].laws)):
        if d == ignore:
            laws.append(CONSTANT)
            continue
        law, differ = combined(field.laws[d] for _, field in local)
        laws.append(law)
        uneven = d if differ and uneven is None else uneven
    return tuple(laws), uneven


def _disagreement(
    base: Operand, others: Sequence[Operand], uneven: int | None, ignore: int | None
) -> Disagreement | None:
    """The first operand that lies elsewhere than the base, unless all end where the base ends."""
    apart, together = [], True
    (first, field) = base
    for number, other in others:
        differ = uneven is not None and field.laws[uneven] != other.laws[uneven]
        offsets = _offsets(field.virtual, other.virtual, ignore)
        together = together and not differ and end_together(field.virtual, other.virtual, ignore)
        if differ or any(offsets):
            along = uneven or 0
            if not differ:
                along = next((d for d, law in enumerate(field.laws) if law and law.shift), 0)
            rates = (_rate(field, along), _rate(other, along))
            apart.append(Disagreement((first, number), rates, offsets))
    return apart[0] if apart and not together else None


def _moves(field: NodeField, read: OperandRead) -> bool:
    """Whether the field moves along a dimension along which the read operand is repeated."""
    dims = read.parts[0].dims
    return any(step is None and field.moves(d) for d, step in enumerate(dims))


def _rate(field: NodeField, dim: int) -> Fraction | None:
    law = field.laws[dim] if field.laws else None  # a single number moves along nothing
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
