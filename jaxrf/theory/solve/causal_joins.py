"""Causal joins: their operands have different centres and are aligned nevertheless.

Eqs (12) and (13) ask for one stride and one centre. A causal network fails them at every residual
connection, and rightly looks the way it does: one operand sees the present sample, the other one
the same sample and what was before it. So a join counts as **causal** where, for every output, its
operands end at the same sample; they then differ only in how far back they look. Where that sample
lies is another question, which ``look_ahead`` answers: networks that do not pad, that look ahead on
purpose, or that are trimmed at the wrong end move all of their outputs, and no join tells.

The mirror image, operands that begin together, is no exception: they differ in how far ahead they
look, which is what whoever asks for causality wants to be told.

Nor can a join be misaligned that is about single places and not about maps, like the step of a
recurrence, which adds the present sample to a state: there is nothing along which its operands
could lie side by side.
"""

from __future__ import annotations

import numpy as np

from jaxrf.geometry.interval_arrays import filled
from jaxrf.geometry.periodic_law import CONSTANT
from jaxrf.geometry.periodic_maps import Periodic
from jaxrf.theory.solve.node_field import NodeField

__all__ = ["end_together", "maps_end_together", "stand_still"]


def stand_still(a: NodeField, b: NodeField) -> bool:
    """Whether neither operand moves along any dimension."""
    return all(law == CONSTANT for field in (a, b) for law in field.laws)


def end_together(a: np.ndarray, b: np.ndarray, ignore: int | None = None) -> bool:
    """Whether two operands of a join end at the same sample, wherever both see something.

    Args:
        a: intervals of the one operand, as the output sees it; see
        :mod:`jaxrf.geometry.interval_arrays`.
        b: of the other one.
        ignore: dimension along which they lie side by side.
    """
    if ignore is not None:
        a, b = (intervals.min(ignore + 1, keepdims=True) for intervals in (a, b))
    both = filled(a) & filled(b)
    return bool(both.any() and not ((a[1] != b[1]) & both).any())


def maps_end_together(a: Periodic, b: Periodic, period: int) -> bool:
    """:func:`end_together` for fields of any length, by the outputs of one common period."""
    return all(a.high(u) == b.high(u) for u in range(period))
