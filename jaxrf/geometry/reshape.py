"""Reshapes: the same numpy operation on intervals and masks, done where something varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import lcm, prod

import numpy as np

from jaxrf.geometry.periodic_law import CONSTANT, Law, reduced

__all__ = [
    "FactorGroup",
    "factor_groups",
    "reshape_broadcastable",
    "reshape_carriers",
    "reshape_laws",
    "split_dims",
]


@dataclass(frozen=True)
class FactorGroup:
    """Adjacent dimensions with one product on both sides of a reshape."""

    before: tuple[int, ...]
    after: tuple[int, ...]


@lru_cache(maxsize=4096)
def factor_groups(before: tuple[int, ...], after: tuple[int, ...]) -> list[FactorGroup]:
    """Smallest runs of dimensions that a reshape turns into each other.

    >>> factor_groups((1, 4, 6), (1, 2, 2, 6))[1]
    FactorGroup(before=(1,), after=(1, 2))
    """
    groups: list[FactorGroup] = []
    i = j = 0
    while i < len(before) or j < len(after):
        start_i, start_j = i, j
        size_i = size_j = 1
        while i == start_i or j == start_j or size_i != size_j:
            can_i, can_j = i < len(before), j < len(after)
            if can_i and (i == start_i or not can_j or size_i < size_j):
                size_i, i = size_i * before[i], i + 1
            elif can_j and (j == start_j or not can_i or size_j < size_i):
                size_j, j = size_j * after[j], j + 1
            else:
                break
        group = FactorGroup(tuple(range(start_i, i)), tuple(range(start_j, j)))
        if groups and (not group.before or not group.after):  # left-over dimensions of size 1
            last = groups.pop()
            group = FactorGroup(last.before + group.before, last.after + group.after)
        groups.append(group)
    return groups


@lru_cache(maxsize=4096)
def split_dims(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...]:
    """The new dimensions that come of cutting old ones into pieces.

    >>> split_dims((1, 4, 6), (1, 2, 2, 6))
    (1, 2)
    """
    runs = ([d for d in group.after if after[d] > 1] for group in factor_groups(before, after))
    return tuple(d for run in runs if len(run) > 1 for d in run)


def reshape_broadcastable(
    array: np.ndarray, before: tuple[int, ...], after: tuple[int, ...], *, lead: int
) -> np.ndarray:
    """Reshape an array that is broadcastable to ``before``, keeping it broadcastable.

    Args:
        array: ``lead`` leading dimensions, then lengths 1 or those of ``before``.
        before: the full shape of the operand.
        after: the full shape of the result.
        lead: number of leading dimensions that stay as they are.
    """
    source, target = list(array.shape[:lead]), list(array.shape[:lead])
    for group in factor_groups(before, after):
        lengths = [array.shape[lead + d] for d in group.before]
        if all(n == 1 for n in lengths):
            source += lengths
            target += [1] * len(group.after)
        else:
            source += [before[d] for d in group.before]
            target += [after[d] for d in group.after]
    return np.broadcast_to(array, source).reshape(target)


def reshape_laws(
    laws: tuple[Law | None, ...],
    intervals: np.ndarray,
    before: tuple[int, ...],
    after: tuple[int, ...],
) -> tuple[Law | None, ...]:
    """The laws of the reshaped dimensions.

    Args:
        laws: of the operand.
        intervals: the intervals *after* the reshape, which every proposed law must obey.
        before: shape of the operand.
        after: shape of the result.
    """
    result: list[Law | None] = [CONSTANT] * len(after)
    for group in factor_groups(before, after):
        sized = [d for d in group.before if before[d] > 1]
        for dim in group.after:
            if len(sized) == 1 and after[dim] == before[sized[0]]:
                result[dim] = laws[sized[0]]  # only lengths of 1 come or go
                continue
            law = _proposed(laws, before, after, group, dim)
            if intervals.shape[dim + 1] == 1 and after[dim] > 1:
                law = CONSTANT
            result[dim] = reduced(law, intervals, dim)
    return tuple(result)


def reshape_carriers(
    carriers: frozenset[int], before: tuple[int, ...], after: tuple[int, ...]
) -> frozenset[int]:
    """The dimensions after a reshape that run along one of ``carriers``."""
    result: set[int] = set()
    for group in factor_groups(before, after):
        here = [i for i in group.before if i in carriers]
        if here and group.after and all(before[i] == 1 for i in group.before):
            result.add(group.after[-1])
        sized = [d for d in group.after if after[d] > 1]
        result.update(d for d in sized for i in here if _along(before, after, group, i, d))
    return frozenset(result)


def _along(
    before: Sequence[int], after: Sequence[int], group: FactorGroup, i: int, dim: int
) -> bool:
    """Whether the new dimension ``dim`` runs along dimension ``i``, in row-major order."""
    step = prod(after[d] for d in group.after if d > dim)
    inner = prod(before[d] for d in group.before if d > i)
    return step < inner * before[i] and inner < step * after[dim]


def _proposed(
    laws: Sequence[Law | None],
    before: Sequence[int],
    after: Sequence[int],
    group: FactorGroup,
    dim: int,
) -> Law | None:
    """Index steps in row-major order: dimension i moves by g_i, the new one by f."""
    varying = [i for i in group.before if before[i] > 1]
    if not varying:  # size 1 on both sides: a law survives where exactly one dimension has it
        moving = [laws[i] for i in group.before if laws[i] != CONSTANT]
        return moving[0] if len(moving) == 1 and dim == group.after[-1] else CONSTANT
    if after[dim] == 1:
        return CONSTANT
    step = prod(after[d] for d in group.after if d > dim)
    for i in varying:  # the outermost dimension that the new one runs along
        if _along(before, after, group, i, dim):
            inner = prod(before[d] for d in group.before if d > i)
            law = laws[i]
            if law is None:
                return None
            cycle = lcm(step, inner * law.period)
            turns = cycle // (inner * law.period)
            return Law(cycle // step, law.shift * turns)
    return CONSTANT
