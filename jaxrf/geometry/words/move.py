"""``Move``: the interface of words that move the elements of all operands of a node together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from jaxrf.geometry.periodic_law import Law

__all__ = ["Move", "Rearrangement"]

Laws = tuple[Law | None, ...]
Shape = tuple[int, ...]

_Operand = TypeVar("_Operand")


class Move(ABC):
    """How a node lays out the elements of its operands, every one of which it keeps.

    Moves of a single operand are a :class:`Rearrangement` and need nothing else. Of several
    operands, joins also have to say which law the result has: :mod:`jaxrf.theory.solve.joins`.
    """

    @abstractmethod
    def fits(self, operands: Sequence[Shape], output: Shape) -> bool:
        """Whether operands of these shapes make an output of that shape."""

    @abstractmethod
    def back(
        self, mask: np.ndarray, operands: Sequence[Shape], output: Shape
    ) -> tuple[np.ndarray, ...]:
        """The elements of every operand that chosen outputs read, bool, broadcastable to it.

        Args:
            mask: chosen elements of the output, bool, broadcastable to its shape.
            operands: shapes of the operands.
            output: shape of the output.
        """

    @abstractmethod
    def kept_dims(self, before: Sequence[Any], after: Sequence[Any]) -> dict[int, int]:
        """Dimensions of an operand that stay a dimension of their own -> where they are then.

        Args:
            before: lengths of the operand, which may be expressions of the input's length.
            after: lengths of the output.
        """

    def concatenates_along(self, dim: int) -> bool:
        """Whether several operands lie one after the other along this dimension."""
        return False

    def moved(self, operands: Sequence[_Operand]) -> Sequence[_Operand]:
        """Those of an equation's operands whose elements it moves."""
        return operands


class Rearrangement(Move):
    """A move of the elements of a single operand."""

    @abstractmethod
    def forward(
        self,
        exact: np.ndarray,
        virtual: np.ndarray,
        laws: Laws,
        carriers: frozenset[int],
        operand: Shape,
        output: Shape,
    ) -> tuple[np.ndarray, np.ndarray, Laws, frozenset[int]]:
        """Intervals, laws and carriers of the output: (exact, virtual, laws, carriers).

        Args:
            exact: intervals of real inputs, broadcastable to the operand.
            virtual: the same with padding counted as if it were real.
            laws: periodic laws of ``virtual``, per dimension.
            carriers: dimensions along which the input axis has come.
            operand: shape of the operand.
            output: shape of the output.
        """

    def moved(self, operands: Sequence[_Operand]) -> Sequence[_Operand]:
        """The first operand: others only say where its elements go."""
        return operands[:1]
