"""Concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxrf.geometry.interval_arrays import empty
from jaxrf.geometry.words.move import Move, Shape

__all__ = ["Concatenate"]


@dataclass(frozen=True)
class Concatenate(Move):
    """Operands laid one after the other along ``dim``."""

    dim: int

    def fits(self, operands: Sequence[Shape], output: Shape) -> bool:
        """Whether lengths add up along ``dim`` and are equal along the others."""
        dim = self.dim

        def others(shape: Shape) -> Shape:
            return shape[:dim] + shape[dim + 1 :]

        return (
            0 <= dim < len(output)
            and all(others(shape) == others(output) for shape in operands)
            and sum(shape[dim] for shape in operands) == output[dim]
        )

    def back(
        self, mask: np.ndarray, operands: Sequence[Shape], output: Shape
    ) -> tuple[np.ndarray, ...]:
        """For each operand, the piece of the mask that lies over it."""
        if mask.shape[self.dim] == 1:
            return (mask,) * len(operands)
        stops = np.cumsum([shape[self.dim] for shape in operands])
        return tuple(np.split(mask, stops[:-1], self.dim))

    def kept_dims(self, before: Sequence[Any], after: Sequence[Any]) -> dict[int, int]:
        """Every dimension stays a dimension of its own, at its place."""
        return {d: d for d in range(len(after))}

    def concatenates_along(self, dim: int) -> bool:
        """True for the dimension along which it concatenates."""
        return dim == self.dim

    def concatenated_arrays(
        self, pieces: Sequence[np.ndarray | None], lengths: Sequence[int], rank: int
    ) -> np.ndarray:
        """Interval arrays of the operands laid along ``dim``, length 1 where all are the same.

        Args:
            pieces: per operand, None where it sees nothing.
            lengths: of the operands along ``dim``.
            rank: number of dimensions.
        """
        axis = self.dim + 1
        arrays = [empty(rank) if p is None else p for p in pieces]
        first = arrays[0]
        if first.shape[axis] == 1 and all(
            p is first or (p.shape == first.shape and (p == first).all()) for p in arrays
        ):
            return first
        shapes = ((*p.shape[:axis], 1, *p.shape[axis + 1 :]) for p in arrays)
        common = list(np.broadcast_shapes(*shapes))
        repeated = []
        for piece, length in zip(arrays, lengths, strict=True):
            common[axis] = length
            repeated.append(np.broadcast_to(piece, common))
        return np.concatenate(repeated, axis)
