"""The grid of an end-point: which of its dimensions follows which axis of the input.

An output that has one dimension per axis follows them one by one: two axes share a dimension only
where there is no other, as tokens do once something has read across their rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from jaxrf.arguments.integers import wholes
from jaxrf.errors import InvalidInput
from jaxrf.theory.solve.node_field import NodeField

__all__ = ["OutputGrid", "output_grid"]


@dataclass(frozen=True)
class OutputGrid:
    """The grid of the features of an end-point in its array.

    Attributes:
        shape: of the end-point, with dimensions that merge several axes in factors.
        dims: per spatial axis of the input, the dimension of ``shape`` that follows it; None where
            none does.
        merged: (dimension of the end-point, its first and last dimension in ``shape``) of those
            that stand in factors.
    """

    shape: tuple[int, ...]
    dims: tuple[int | None, ...]
    merged: tuple[tuple[int, int, int], ...] = ()

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of features per axis; 1 where no dimension follows it."""
        return tuple(1 if d is None else self.shape[d] for d in self.dims)

    @property
    def row(self) -> tuple[int, ...] | None:
        """Lengths of the grid that a single dimension of the end-point holds row by row.

        None where the axes have dimensions of their own.
        """
        for _, first, last in self.merged:
            if set(self.dims) == set(range(first, last + 1)):
                return self.shape[first : last + 1]
        return None

    def mask(self, at: Sequence[int]) -> np.ndarray:
        """Bool, the rank of ``shape`` and broadcast to it: True for the features at a position.

        Args:
            at: index per spatial axis.
        """
        mask = np.ones((1,) * len(self.shape), bool)
        for dim, index in zip(self.dims, at, strict=True):
            if dim is not None:
                chosen = np.arange(self.shape[dim]) == index
                mask = mask & chosen.reshape([-1 if d == dim else 1 for d in range(mask.ndim)])
        return mask

    def position(self, name: str, at: int | Sequence[int] | None) -> tuple[int, ...]:
        """Check a position among the features; None is the central one, n // 2.

        Where one dimension of the end-point holds all axes, a single index is one along it.

        Args:
            name: of the end-point, for messages.
            at: index per spatial axis.

        Raises:
            InvalidInput: wrong number of indices, out of range, or different indices for axes that
                share a dimension of the end-point.
        """
        if at is None:
            return tuple(n // 2 for n in self.counts)
        place = wholes("at", at)
        if len(place) == 1 < len(self.dims):
            place = self._along_row(name, place[0])
        if len(place) != len(self.dims):
            raise InvalidInput(
                f"at: got {len(place)} indices {place}, need {len(self.dims)} for {name}"
            )
        if any(not 0 <= i < n for i, n in zip(place, self.counts, strict=True)):
            last = ",".join(str(n - 1) for n in self.counts)
            raise InvalidInput(f"at: got {place}, out of range for {name}; need 0 to {last}")
        followed = {p for p in zip(self.dims, place, strict=True) if p[0] is not None}
        if len({d for d, _ in followed}) < len(followed):
            raise InvalidInput(
                f"at: got {place}, but one dimension of {name} follows several axes; need its one "
                "index, or the same for each"
            )
        return place

    def _along_row(self, name: str, index: int) -> tuple[int, ...]:
        """The position of a feature from its index along the dimension that holds all axes."""
        if len(set(self.dims)) == 1:
            return (index,) * len(self.dims)
        if (row := self.row) is None:
            return (index,)
        if not 0 <= index < prod(row):
            last = prod(row) - 1
            raise InvalidInput(f"at: got {index}, out of range for {name}; need 0 to {last}")
        order = sorted(d for d in self.dims if d is not None)
        places = dict(zip(order, np.unravel_index(index, row), strict=True))
        return tuple(int(places[d]) for d in self.dims if d is not None)


def output_grid(
    fields: Sequence[NodeField],
    axes: Sequence[int],
    rank: int,
    factors: Sequence[tuple[int, ...]],
) -> OutputGrid:
    """The grid of an end-point.

    Args:
        fields: what it sees, per spatial axis.
        axes: those axes of the input.
        rank: of the input.
        factors: of every dimension of the end-point.
    """
    shape = tuple(n for dim in factors for n in dim)
    starts = [sum(map(len, factors[:d])) for d in range(len(factors))]
    merged = tuple(
        (d, start, start + len(f) - 1)
        for d, (start, f) in enumerate(zip(starts, factors, strict=True))
        if len(f) > 1
    )
    dims = _assigned(fields, shape)
    if len(factors) == rank:  # of what sees everything everywhere, positions are those of the input
        for n, axis in enumerate(axes):
            own = starts[axis]
            if dims[n] is None and len(factors[axis]) == 1 and own not in dims and shape[own] > 1:
                dims[n] = own
    return OutputGrid(shape, tuple(dims), merged)


def _assigned(fields: Sequence[NodeField], shape: tuple[int, ...]) -> list[int | None]:
    """A dimension for every axis: distinct ones where that is possible, in order."""
    followed = [list(r.follows) for r in fields]
    if any(not dims for dims in followed):
        return [dims[0] if dims else None for dims in followed]
    if found := _distinct(followed):
        return list(found)
    carried = [sorted(d for d in r.carriers if shape[d] > 1) for r in fields]
    choices = [
        [*dims, *(d for d in others if d not in dims)]
        for dims, others in zip(followed, carried, strict=True)
    ]
    found = _distinct(choices)
    return list(found) if found else [dims[0] for dims in followed]


def _distinct(choices: Sequence[Sequence[int]]) -> tuple[int, ...] | None:
    """The first choice of different dimensions; preferably in the order of the axes."""
    found = [c for c in product(*choices) if len(set(c)) == len(c)]
    return next((c for c in found if list(c) == sorted(c)), found[0] if found else None)
