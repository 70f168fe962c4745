"""What one node sees of one input axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jaxrf.solve.laws import Law
from jaxrf.solve.spans import filled

__all__ = ["Reach"]


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What one node sees of one input axis.

    Attributes:
        exact: [low, -high] of real inputs, int64 [2, ...] broadcastable to the node's shape.
        virtual: the same with padding counted as if it were real, local paths only.
        laws: per dimension, the periodic law of ``virtual``; None where it has none.
        seen: index of the first node below that sees the whole axis, None if there is none.
        unknown: index of the first node below whose operation is not known.
        misaligned: index of the first join below whose operands disagree.
        growing: at some join below, the operands move at different rates.
    """

    exact: np.ndarray
    virtual: np.ndarray
    laws: tuple[Law | None, ...]
    seen: int | None = None
    unknown: int | None = None
    misaligned: int | None = None
    growing: bool = False

    @property
    def is_local(self) -> bool:
        """Whether some output has a local path."""
        return bool(filled(self.virtual).any())
