"""The set of real inputs that can influence one output feature, derived or measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from jaxrf.geometry.interval import Interval
from jaxrf.text.result import SentenceResult

__all__ = ["Support"]


@dataclass(frozen=True, eq=False, repr=False)
class Support(SentenceResult):
    """The exact set of real inputs that can influence one output feature.

    Attributes:
        mask: bool, one dimension per spatial axis of the input.
        at: output index per spatial axis.
        endpoint: name of the feature map.
    """

    REPORT: ClassVar[str] = "support"

    mask: np.ndarray
    at: tuple[int, ...]
    endpoint: str

    @property
    def sentence(self) -> str:
        """The box of the set, and how many holes it has."""
        box = self.box
        what = "nothing" if box is None else " x ".join(f"[{i.low}, {i.high}]" for i in box)
        holes = f", {self.holes} holes" if self.holes else ""
        return f"{self.endpoint} at {self.at}: {what}{holes}"

    @property
    def box(self) -> tuple[Interval, ...] | None:
        """Smallest box that holds the set; None where it is empty."""
        if not self.mask.any():
            return None
        ends = [np.flatnonzero(m) for m in self.axis_masks]
        return tuple(Interval(int(i[0]), int(i[-1])) for i in ends)

    @property
    def axis_masks(self) -> tuple[np.ndarray, ...]:
        """Per axis, bool: the indices at which the set has some element."""
        axes = range(self.mask.ndim)
        others = [tuple(o for o in axes if o != a) for a in axes]
        return tuple(np.asarray(self.mask.any(o)) for o in others)

    @property
    def count(self) -> tuple[int, ...]:
        """Touched indices per axis; smaller than the span where there are holes (gridding)."""
        return tuple(int(m.sum()) for m in self.axis_masks)

    @property
    def holes(self) -> int:
        """Inputs inside the box that cannot influence the output."""
        box = self.box
        return 0 if box is None else int(np.prod([i.size for i in box]) - self.mask.sum())
