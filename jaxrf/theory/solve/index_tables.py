"""Index tables: which operand indices each output index reads, and how intervals go through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import gcd

import numpy as np

from jaxrf.geometry.interval_arrays import EMPTY, shifted
from jaxrf.geometry.layers import Window
from jaxrf.geometry.periodic_law import Law

__all__ = ["Table", "gather", "slid", "window_table"]


@dataclass(frozen=True, eq=False)
class Table:
    """What each output index reads along one dimension.

    Attributes:
        indices: int [outputs, taps]; may leave the operand on either side (padding).
        valid: bool [outputs, taps]; False between the elements of a base-dilated operand.
        period: outputs after which the taps repeat.
        step: operand indices by which they move in that time.
    """

    indices: np.ndarray
    valid: np.ndarray
    period: int
    step: int


@lru_cache(maxsize=4096)
def window_table(window: Window, outputs: int) -> Table:
    """The table of a window: index (u s - p + j d) / L where that is whole."""
    u = np.arange(outputs)[:, None]
    positions = u * window.stride - window.before + np.arange(window.kernel) * window.dilation
    indices, rest = np.divmod(positions, window.base_dilation)
    common = gcd(window.base_dilation, window.stride)
    return Table(indices, rest == 0, window.base_dilation // common, window.stride // common)


def gather(
    spans: np.ndarray,
    dim: int,
    length: int,
    table: Table,
    law: Law | None,
    result: Law | None = None,
) -> np.ndarray:
    """Union over the taps of a table along ``dim``.

    Args:
        spans: intervals of the operand, length ``length`` (or 1) along ``dim``.
        dim: dimension of the operand, which is also that of the output.
        length: true length of the operand along ``dim``.
        table: the taps.
        law: continues the operand outside its range; None returns nothing there (exact reading).
        result: the law of what comes out, where it is known: one period of it is then worked out.
    """
    indices, valid, axis = table.indices, table.valid, dim + 1
    outputs = len(indices)
    if result is not None and result.period < outputs:
        indices, valid = indices[: result.period], valid[: result.period]
    if law is None:
        valid = valid & (indices >= 0) & (indices < length)
        indices = np.where(valid, indices, 0)
    else:
        turns, indices = np.divmod(indices, law.period)
        valid = valid & (indices < length)
        indices = np.where(valid, indices, 0)
    if spans.shape[axis] == 1:
        indices = np.zeros_like(indices)
    found = np.take(spans, indices, axis)  # [..., outputs, taps, ...]
    trailing = (1,) * (spans.ndim - 1 - axis)
    if law is not None and law.shift:
        found = shifted(found, (turns * law.shift).reshape(*turns.shape, *trailing))
    if not valid.all():
        found = np.where(valid.reshape(*valid.shape, *trailing), found, EMPTY)
    found = found.min(axis + 1)
    return found if result is None else _repeated(found, axis, outputs, result)


def _repeated(spans: np.ndarray, axis: int, outputs: int, law: Law) -> np.ndarray:
    """One period of intervals along an axis of the array, carried on by its law."""
    if spans.shape[axis] == outputs:
        return spans
    turns, phase = np.divmod(np.arange(outputs), law.period)
    trailing = (1,) * (spans.ndim - 1 - axis)
    return shifted(np.take(spans, phase, axis), (turns * law.shift).reshape(-1, *trailing))


def slid(spans: np.ndarray, dim: int, length: int, window: Window, outputs: int) -> np.ndarray:
    """Union over the taps of a window without base dilation; nothing outside the operand.

    Args:
        spans: intervals of the operand, length ``length`` (or 1) along ``dim``.
        dim: dimension of the operand, which is also that of the output.
        length: true length of the operand along ``dim``.
        window: what every output reads.
        outputs: their number.
    """
    axis, step = dim + 1, window.stride
    before = (slice(None),) * axis
    found = np.full((*spans.shape[:axis], outputs, *spans.shape[axis + 1 :]), EMPTY, np.int64)
    for start in range(-window.before, window.span - window.before, window.dilation):
        first, last = max(0, -(start // step)), min(outputs - 1, (length - 1 - start) // step)
        if first > last:
            continue
        part = spans
        if spans.shape[axis] > 1:
            part = spans[(*before, slice(first * step + start, last * step + start + 1, step))]
        here = found[(*before, slice(first, last + 1))]
        np.minimum(here, part, out=here)
    return found
