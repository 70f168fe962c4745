"""Helpers that build the reads of rules: by dimension, from patterns of taps, and from masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from jaxrf.geometry.words import IDENTITY, Access, Read, Reshape, Running, Taps, Window
from jaxrf.theory.rules.site import Steps

__all__ = [
    "along",
    "block_taps",
    "crop",
    "line_along",
    "merged_taps",
    "pattern_access",
    "taps_of",
    "transposed",
]


def along(rank: int, access: Mapping[int, Access]) -> Read:
    """Elementwise but for the given dimensions."""
    return Read(tuple((d, access.get(d, IDENTITY)) for d in range(rank)))


def line_along(line: np.ndarray, dim: int, rank: int) -> np.ndarray:
    """A 1-D array, reshaped to lie along one of ``rank`` dimensions."""
    return line.reshape([-1 if d == dim else 1 for d in range(rank)])


def crop(start: int, size: int, length: int, *, step: int = 1) -> Window:
    """``size`` indices from ``start`` of ``length``; negative padding crops."""
    return Window(stride=step, before=-start, after=start + (size - 1) * step + 1 - length)


def transposed(order: Sequence[int]) -> Read:
    """Output dimension d is operand dimension ``order[d]``."""
    return Read(tuple((d, IDENTITY) for d in order))


def taps_of(pattern: np.ndarray) -> Taps:
    """The taps of a pattern: output o reads input i where ``pattern[i, o]``."""
    counts = pattern.sum(0)
    table = np.full((pattern.shape[1], max(1, int(counts.max(initial=0)))), -1)
    outputs, inputs = np.nonzero(pattern.T)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    table[outputs, np.arange(len(outputs)) - first[outputs]] = inputs
    return Taps(table)


def pattern_access(pattern: np.ndarray) -> Access:
    """Taps, or what says the same in fewer words."""
    inputs, outputs = pattern.shape
    if inputs == outputs and inputs > 2:
        if pattern[0].all() and (pattern == np.triu(np.ones_like(pattern))).all():
            return Running()
        if pattern[-1].all() and (pattern == np.tril(np.ones_like(pattern))).all():
            return Running(reverse=True)
    return taps_of(pattern)


def block_taps(blocks: np.ndarray) -> Taps:
    """Taps of a block-diagonal pattern, from its blocks [n, inputs, outputs]."""
    count, inputs, outputs = blocks.shape
    within = taps_of(blocks.transpose(1, 0, 2).reshape(inputs, count * outputs)).table
    first = np.arange(count).repeat(outputs)[:, None] * inputs
    return Taps(np.where(within >= 0, within + first, -1))


def merged_taps(
    shape: Sequence[int],
    merged: Sequence[int],
    access: Access,
    split: Sequence[int],
    order: Sequence[int],
) -> Steps:
    """Several dimensions read through one table of their joint, row-major index.

    Args:
        shape: of the operand.
        merged: its dimensions that the table reads, in this order.
        access: from the joint index of ``merged`` to that of ``split``.
        split: lengths of the dimensions that come of it.
        order: the output's dimensions, counted as: those of ``split`` first, then the others of
            the operand in order.
    """
    others = [d for d in range(len(shape)) if d not in merged]
    rest = [shape[d] for d in others]
    steps: list[tuple[Read | Reshape, tuple[int, ...]]] = []
    front = [*merged, *others]
    if front != list(range(len(shape))):
        steps.append((transposed(front), tuple(shape[d] for d in front)))
    if len(merged) != 1:
        steps.append((Reshape(), (prod(shape[d] for d in merged), *rest)))
    steps.append((along(1 + len(rest), {0: access}), (prod(split), *rest)))
    if len(split) != 1:
        steps.append((Reshape(), (*split, *rest)))
    lengths = (*split, *rest)
    if list(order) != list(range(len(lengths))):
        steps.append((transposed(order), tuple(lengths[d] for d in order)))
    return Steps(tuple(steps))
