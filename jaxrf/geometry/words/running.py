"""Running unions: cumulative sums, products and maxima."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jaxrf.geometry.index_tables import Table
from jaxrf.geometry.periodic_law import CONSTANT, Law
from jaxrf.geometry.words.access import Access

__all__ = ["Running"]


@dataclass(frozen=True)
class Running(Access):
    """Output u reads the inputs 0 to u; u to the last one if ``reverse``."""

    reverse: bool = False

    def index_table(self, outputs: int, inputs: int) -> Table:
        """For every output, the inputs up to it, or from it on."""
        indices = np.broadcast_to(np.arange(inputs), (outputs, inputs))
        at = np.arange(outputs)[:, None]
        return Table(indices, indices >= at if self.reverse else indices <= at)

    def fits(self, inputs: int, outputs: int) -> bool:
        """Whether there is one output per input."""
        return inputs == outputs

    @property
    def accumulates(self) -> bool:
        """True: the output at one end reads everything."""
        return True

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
        """The running union; constant where nothing varies along the dimension."""
        exact, virtual = (self._running(np.minimum, a, dim + 1) for a in (exact, virtual))
        return exact, virtual, CONSTANT if virtual.shape[dim + 1] == 1 else None

    def back(self, mask: np.ndarray, *, dim: int, outputs: int, inputs: int) -> np.ndarray:
        """Input i is read by the outputs from i on, or up to it."""
        return Running(not self.reverse)._running(np.logical_or, mask, dim)

    def _running(self, union: np.ufunc, array: np.ndarray, axis: int) -> np.ndarray:
        if not self.reverse:
            return union.accumulate(array, axis)
        return np.flip(union.accumulate(np.flip(array, axis), axis), axis)
