"""The field of one node along one input axis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from jaxrf.geometry.interval_arrays import filled, movement
from jaxrf.geometry.periodic_law import Law

__all__ = ["NodeField"]


@dataclass(frozen=True, eq=False)
class NodeField:
    """The field of one node along one input axis.

    Attributes:
        exact: [low, -high] of real inputs, int64 [2, ...] broadcastable to the node's shape.
        virtual: the same with padding counted as if it were real, local paths only.
        laws: per dimension, the periodic law of ``virtual``; None where it has none.
        carriers: dimensions along which the input axis has come; not those along which different
            maps merely lie side by side.
        seen: index of the first node below that sees the whole axis, None if there is none.
        unknown: index of the first node below whose operation is not known.
        misaligned: index of the first join below whose operands disagree.
        growing: at some join below, the operands move at different rates.
        lost: index of the first node below where a dimension that moves has no law any more.
        pieces: (dimension, first index of every piece) where pieces of different laws were laid
            side by side; None where they were not, or something read across them.
    """

    exact: np.ndarray
    virtual: np.ndarray
    laws: tuple[Law | None, ...]
    carriers: frozenset[int]
    seen: int | None = None
    unknown: int | None = None
    misaligned: int | None = None
    growing: bool = False
    lost: int | None = None
    pieces: tuple[int, tuple[int, ...]] | None = None

    def with_intervals(self, exact: np.ndarray, virtual: np.ndarray) -> NodeField:
        """The field with other interval arrays; itself where they are its own."""
        if exact is self.exact and virtual is self.virtual:
            return self
        return replace(self, exact=exact, virtual=virtual)

    @cached_property
    def is_local(self) -> bool:
        """Whether some output has a local path."""
        return bool(filled(self.virtual).any())

    @cached_property
    def follows(self) -> tuple[int, ...]:
        """The carriers that follow the input axis most closely; several only where alike.

        What counts is first how far the union over all other dimensions moves (rows of a patch
        less than patches), then how far the field moves with the others fixed (queries and keys).
        """
        left = sorted(self.carriers)
        for strength in (self._virtual_whole, self._exact_whole, self.moves, self._exact):
            if len(left) < 2:
                break
            strengths = [strength(d) for d in left]
            most = max(strengths)
            left = [d for d, s in zip(left, strengths, strict=True) if s == most]
        return tuple(left)

    def _virtual_whole(self, dim: int) -> int:
        law = self.laws[dim]
        return max(self._whole(self.virtual, dim), abs(law.shift) if law else 0)

    def _exact_whole(self, dim: int) -> int:
        return self._whole(self.exact, dim)

    @cached_property
    def _moves(self) -> dict[int, int]:
        return {}

    def moves(self, dim: int) -> int:
        """How far the virtual field moves along a dimension, the others fixed."""
        if dim not in self._moves:
            self._moves[dim] = movement(self.virtual, dim)
        return self._moves[dim]

    def _exact(self, dim: int) -> int:
        return movement(self.exact, dim)

    def _whole(self, intervals: np.ndarray, dim: int) -> int:
        if intervals.shape[dim + 1] == 1:
            return 0
        others = tuple(d + 1 for d in range(len(self.laws)) if d != dim)
        return movement(intervals.min(others, keepdims=True), dim)
