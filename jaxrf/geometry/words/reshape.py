"""Reshapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from jaxrf.geometry.interval_arrays import squeezed
from jaxrf.geometry.periodic_law import CONSTANT
from jaxrf.geometry.reshape import (
    reshape_broadcastable,
    reshape_carriers,
    reshape_laws,
    split_dims,
)
from jaxrf.geometry.words.move import Laws, Rearrangement, Shape

__all__ = ["Reshape"]


@dataclass(frozen=True)
class Reshape(Rearrangement):
    """The same elements in row-major order under another shape."""

    def fits(self, operands: Sequence[Shape], output: Shape) -> bool:
        """Whether the number of elements is the same."""
        return prod(operands[0]) == prod(output)

    def back(
        self, mask: np.ndarray, operands: Sequence[Shape], output: Shape
    ) -> tuple[np.ndarray, ...]:
        """The mask, reshaped to the operand."""
        return (reshape_broadcastable(mask, output, operands[0], lead=0),)

    def kept_dims(self, before: Sequence[Any], after: Sequence[Any]) -> dict[int, int]:
        """The dimensions of equal length from the left and from the right, lengths of 1 aside."""
        left = [(d, n) for d, n in enumerate(before) if not _is_one(n)]
        right = [(d, n) for d, n in enumerate(after) if not _is_one(n)]
        kept: dict[int, int] = {}
        while left and right and left[0][1] == right[0][1]:
            kept[left.pop(0)[0]] = right.pop(0)[0]
        while left and right and left[-1][1] == right[-1][1]:
            kept[left.pop()[0]] = right.pop()[0]
        return kept

    def forward(
        self,
        exact: np.ndarray,
        virtual: np.ndarray,
        laws: Laws,
        carriers: frozenset[int],
        operand: Shape,
        output: Shape,
    ) -> tuple[np.ndarray, np.ndarray, Laws, frozenset[int]]:
        """The same numpy operation on the intervals; length 1 where a split leaves no variation."""
        exact = reshape_broadcastable(exact, operand, output, lead=1)
        virtual = reshape_broadcastable(virtual, operand, output, lead=1)
        laws = reshape_laws(laws, virtual, operand, output)
        split = split_dims(operand, output)
        constant = [d for d in split if laws[d] == CONSTANT]
        return (
            squeezed(exact, split),
            squeezed(virtual, constant),
            laws,
            reshape_carriers(carriers, operand, output),
        )


def _is_one(length: Any) -> bool:
    return isinstance(length, int) and length == 1
