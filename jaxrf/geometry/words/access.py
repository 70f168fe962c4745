"""``Access``: the interface of words that describe reading along one dimension."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from jaxrf.geometry.index_tables import Table, gather, gather_back
from jaxrf.geometry.periodic_law import Law
from jaxrf.geometry.periodic_maps import Periodic

__all__ = ["Access"]


class Access(ABC):
    """How the output indices along one dimension read the indices of an operand's dimension.

    A word must have a table and know which lengths it fits. The other answers follow from the
    table; a word overrides those to which it has a shorter way, or a better answer.
    """

    @abstractmethod
    def index_table(self, outputs: int, inputs: int) -> Table:
        """The operand indices that each output index reads."""

    @abstractmethod
    def fits(self, inputs: int, outputs: int) -> bool:
        """Whether it can read a dimension of length ``inputs`` into one of length ``outputs``."""

    @property
    def reads_all(self) -> bool:
        """Whether every output index reads the whole dimension."""
        return False

    @property
    def accumulates(self) -> bool:
        """Whether some output index reads the whole dimension, whatever its length."""
        return self.reads_all

    @property
    def keeps_order(self) -> bool:
        """Whether the dimension remains an axis along which places lie in the same order."""
        return True

    @property
    def is_table(self) -> bool:
        """Whether it comes from values that the model's code fixes, not from a kind of layer."""
        return False

    @property
    def taps(self) -> int:
        """Number of taps that slide along the dimension; 1 where nothing slides."""
        return 1

    @property
    def padding(self) -> tuple[int, int]:
        """Elements that it puts before and after the operand."""
        return 0, 0

    def taps_inside(self, outputs: int, first: int, stop: int) -> int:
        """Number of the taps that meet, for some output, an index from ``first`` to ``stop`` - 1.

        Args:
            outputs: length of the output along the dimension.
            first: operand index of the first element that counts.
            stop: operand index behind the last one.
        """
        return self.taps

    def moves_along(self, length: int) -> bool:
        """Whether outputs at different places read different places of ``length`` inputs."""
        return self.keeps_order

    def resolved(self, resolve: Callable[[Any], int | None]) -> Access | None:
        """The access with integer parameters, None where that is not possible.

        Args:
            resolve: a parameter, which may be an expression of the input's length, as an integer;
                None where it is not one and the same for all lengths.
        """
        return None

    def periodic_map(self) -> Periodic | None:
        """The interval of every output index, None where that follows no law for any length."""
        return None

    def law_through(self, law: Law | None, *, inputs: int, outputs: int) -> Law | None:
        """The periodic law of the output along this dimension, given that of the operand."""
        return None

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
        """Intervals and their law, through the access: (exact, virtual, law) of the output.

        Args:
            exact: interval array of real inputs; length ``inputs`` (or 1) along ``dim``.
            virtual: the same with padding counted as if it were real.
            law: periodic law of ``virtual`` along ``dim``.
            dim: dimension of the operand, which is also that of the output.
            inputs: length of the operand along ``dim``.
            outputs: length of the output along ``dim``.
        """
        table = self.index_table(outputs, inputs)
        found = gather(exact, dim, inputs, table, None)
        return found, gather(virtual, dim, inputs, table, law), None

    def back(self, mask: np.ndarray, *, dim: int, outputs: int, inputs: int) -> np.ndarray:
        """The operand indices that chosen output indices read, bool.

        Args:
            mask: chosen outputs, bool; length ``outputs`` (or 1) along ``dim``.
            dim: dimension of the output, which is also that of the result.
            outputs: length of the output along ``dim``.
            inputs: length of the operand along ``dim``.
        """
        return gather_back(mask, dim, self.index_table(outputs, inputs), inputs)
