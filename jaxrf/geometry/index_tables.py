"""Index tables: which operand indices each output index reads, and intervals through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jaxrf.geometry.interval_arrays import EMPTY, shifted
from jaxrf.geometry.periodic_law import Law

__all__ = ["Table", "continued", "gather", "gather_back", "sliding", "sliding_far"]


@dataclass(frozen=True, eq=False)
class Table:
    """The operand indices that each output index reads along one dimension.

    Attributes:
        indices: int [outputs, taps]; may leave the operand on either side (padding).
        valid: bool [outputs, taps]; False where there is no input: between the elements of a
            base-dilated operand, for outputs with fewer taps.
    """

    indices: np.ndarray
    valid: np.ndarray

    def inside(self, length: int) -> np.ndarray:
        """The taps that meet one of ``length`` inputs, bool [outputs, taps]."""
        return self.valid & (self.indices >= 0) & (self.indices < length)


def gather(
    intervals: np.ndarray, dim: int, length: int, table: Table, law: Law | None
) -> np.ndarray:
    """Union over the taps of a table along ``dim``.

    Args:
        intervals: of the operand, length ``length`` (or 1) along ``dim``.
        dim: dimension of the operand, which is also that of the output.
        length: true length of the operand along ``dim``.
        table: the taps.
        law: continues the operand outside its range; None returns nothing there (exact reading).
    """
    axis = dim + 1
    if law is None:
        valid, indices = table.inside(length), table.indices
    else:
        turns, indices = np.divmod(table.indices, law.period)
        valid = table.valid & (indices < length)
    indices = np.where(valid, indices, 0)
    if intervals.shape[axis] == 1:
        indices = np.zeros_like(indices)
    found = np.take(intervals, indices, axis)  # [..., outputs, taps, ...]
    trailing = (1,) * (intervals.ndim - 1 - axis)
    if law is not None and law.shift:
        found = shifted(found, (turns * law.shift).reshape(*turns.shape, *trailing))
    if not valid.all():
        found = np.where(valid.reshape(*valid.shape, *trailing), found, EMPTY)
    united: np.ndarray = found.min(axis + 1)
    return united


def continued(intervals: np.ndarray, dim: int, outputs: int, law: Law) -> np.ndarray:
    """The intervals of ``outputs`` indices along ``dim``, from those of one period of their law."""
    axis = dim + 1
    if intervals.shape[axis] == outputs:
        return intervals
    turns, phase = np.divmod(np.arange(outputs), law.period)
    trailing = (1,) * (intervals.ndim - 1 - axis)
    return shifted(np.take(intervals, phase, axis), (turns * law.shift).reshape(-1, *trailing))


def gather_back(mask: np.ndarray, dim: int, table: Table, inputs: int) -> np.ndarray:
    """The operand indices along ``dim`` that chosen outputs read through a table, bool."""
    mask = np.broadcast_to(
        mask, [len(table.indices) if d == dim else n for d, n in enumerate(mask.shape)]
    )
    mask = np.moveaxis(mask, dim, 0)
    back = np.zeros((inputs, *mask.shape[1:]), bool)
    for indices, some in zip(table.indices.T, table.inside(inputs).T, strict=True):
        np.logical_or.at(back, indices[some], mask[some])
    return np.moveaxis(back, 0, dim)


def sliding(
    intervals: np.ndarray,
    dim: int,
    length: int,
    outputs: int,
    *,
    first: int,
    taps: int,
    step: int,
    stride: int,
) -> np.ndarray:
    """Union over ``taps`` operand indices, ``step`` apart; nothing outside the operand.

    Output u reads first + u stride + j step, j < taps.

    Args:
        intervals: of the operand, length ``length`` (or 1) along ``dim``.
        dim: dimension of the operand, which is also that of the output.
        length: true length of the operand along ``dim``.
        outputs: their number.
        first: the first index that output 0 reads.
        taps: their number.
        step: distance between taps.
        stride: distance between the first taps of two outputs.
    """
    axis = dim + 1
    before = (slice(None),) * axis
    found = _nothing(intervals, axis, outputs)
    for start in range(first, first + taps * step, step):
        low, high = max(0, -(start // stride)), min(outputs - 1, (length - 1 - start) // stride)
        if low > high:
            continue
        part = intervals
        if intervals.shape[axis] > 1:
            part = intervals[(*before, slice(low * stride + start, high * stride + start + 1,
                                             stride))]  # fmt: skip
        here = found[(*before, slice(low, high + 1))]
        np.minimum(here, part, out=here)
    return found


def sliding_far(
    intervals: np.ndarray,
    dim: int,
    length: int,
    outputs: int,
    *,
    first: int,
    taps: int,
    step: int,
    stride: int,
) -> np.ndarray:
    """:func:`sliding` for many taps: unions of 1, 2, 4, ... taps, then of two that overlap."""
    axis = dim + 1
    before = (slice(None),) * axis
    reach = (outputs - 1) * stride + (taps - 1) * step + 1  # indices from ``first`` on
    united = _nothing(intervals, axis, reach)
    low, high = max(0, first), min(length, first + reach)
    if low < high:
        real = slice(low, high) if intervals.shape[axis] > 1 else slice(None)
        united[(*before, slice(low - first, high - first))] = intervals[(*before, real)]
    width = 1
    while 2 * width <= taps:
        by = width * step
        united = np.minimum(united[(*before, slice(-by))], united[(*before, slice(by, None))])
        width *= 2
    last, rest = (outputs - 1) * stride + 1, (taps - width) * step
    windows: np.ndarray = np.minimum(
        united[(*before, slice(0, last, stride))],
        united[(*before, slice(rest, rest + last, stride))],
    )
    return windows


def _nothing(intervals: np.ndarray, axis: int, length: int) -> np.ndarray:
    shape = (*intervals.shape[:axis], length, *intervals.shape[axis + 1 :])
    return np.full(shape, EMPTY, np.int64)
