"""All to all within groups: channels, softmax."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jaxrf.geometry.index_tables import Table
from jaxrf.geometry.periodic_law import CONSTANT, Law
from jaxrf.geometry.words.access import Access

__all__ = ["Groups"]


@dataclass(frozen=True)
class Groups(Access):
    """Each of ``count`` equal groups of outputs reads its whole group of inputs; 1: all of them."""

    count: int = 1

    def index_table(self, outputs: int, inputs: int) -> Table:
        """The inputs of the group that an output belongs to."""
        size = inputs // self.count
        group = np.arange(outputs) * self.count // max(outputs, 1)
        indices = group[:, None] * size + np.arange(size)
        return Table(indices, np.ones_like(indices, bool))

    def fits(self, inputs: int, outputs: int) -> bool:
        """Whether both lengths are multiples of the number of groups."""
        return inputs % self.count == 0 == outputs % self.count

    @property
    def reads_all(self) -> bool:
        """Whether there is a single group."""
        return self.count == 1

    @property
    def keeps_order(self) -> bool:
        """False: places within a group are interchangeable."""
        return False

    def forward(
        self,
        exact: np.ndarray,
        virtual: np.ndarray,
        law: Law | None,
        *,
        dim: int,
        inputs: int,
        outputs: int,
    ) -> tuple[np.ndarray, np.ndarray, Law | None]:
        """The union over each group; constant where nothing varies along the dimension."""
        exact, virtual = (self._united(a, dim, outputs) for a in (exact, virtual))
        return exact, virtual, CONSTANT if virtual.shape[dim + 1] == 1 else None

    def _united(self, intervals: np.ndarray, dim: int, outputs: int) -> np.ndarray:
        if intervals.shape[dim + 1] == 1:
            return intervals
        if self.count == 1:
            united: np.ndarray = intervals.min(dim + 1, keepdims=True)
            return united
        shape = intervals.shape
        parts = intervals.reshape(*shape[: dim + 1], self.count, -1, *shape[dim + 2 :])
        repeated: np.ndarray = parts.min(dim + 2).repeat(outputs // self.count, dim + 1)
        return repeated

    def back(self, mask: np.ndarray, *, dim: int, outputs: int, inputs: int) -> np.ndarray:
        """The operand indices read: the whole group of every chosen output."""
        if mask.shape[dim] == 1:
            return mask
        if self.count == 1:
            return np.asarray(mask.any(dim, keepdims=True))
        shape = mask.shape
        groups = mask.reshape(*shape[:dim], self.count, -1, *shape[dim + 1 :]).any(dim + 1)
        return groups.repeat(inputs // self.count, dim)
