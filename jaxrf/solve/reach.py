"""What one node sees of one input axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jaxrf.solve.laws import Law
from jaxrf.solve.spans import filled, movement

__all__ = ["Reach"]


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What one node sees of one input axis.

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
    """

    exact: np.ndarray
    virtual: np.ndarray
    laws: tuple[Law | None, ...]
    carriers: frozenset[int]
    seen: int | None = None
    unknown: int | None = None
    misaligned: int | None = None
    growing: bool = False

    @property
    def is_local(self) -> bool:
        """Whether some output has a local path."""
        return bool(filled(self.virtual).any())

    @property
    def follows(self) -> tuple[int, ...]:
        """The carriers that follow the input axis most closely; several only where alike.

        What counts is first how far the union over all other dimensions moves (rows of a patch
        less than patches), then how far the field moves with the others fixed (queries and keys).
        """
        strengths = {d: self._strength(d) for d in sorted(self.carriers)}
        most = max(strengths.values(), default=())
        return tuple(d for d, strength in strengths.items() if strength == most)

    def _strength(self, dim: int) -> tuple[int, ...]:
        law = self.laws[dim]
        others = tuple(d + 1 for d in range(len(self.laws)) if d != dim)
        whole = [spans.min(others, keepdims=True) for spans in (self.virtual, self.exact)]
        return (
            max(movement(whole[0], dim), abs(law.shift) if law else 0),
            movement(whole[1], dim),
            movement(self.virtual, dim),
            movement(self.exact, dim),
        )
