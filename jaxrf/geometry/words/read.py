"""How a node reads one operand: dimension by dimension, or in several ways at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import pairwise

import numpy as np

from jaxrf.geometry.interval_arrays import EMPTY
from jaxrf.geometry.periodic_law import CONSTANT, Law, reduced
from jaxrf.geometry.words.access import Access
from jaxrf.geometry.words.window import IDENTITY

__all__ = ["AnyOf", "OperandRead", "Read"]

Laws = tuple[Law | None, ...]
Shape = tuple[int, ...]


class OperandRead(ABC):
    """How a node reads one operand; what the outputs read is the union of its parts."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Read, ...]:
        """The reads that are united, one or more."""

    @property
    def is_elementwise(self) -> bool:
        """Whether every dimension is followed, in order, index by index."""
        return False

    def fits(self, operand: Shape, output: Shape) -> bool:
        """Whether an operand of one shape can be read into an output of another."""
        return all(part.fits(operand, output) for part in self.parts)

    def back(self, mask: np.ndarray, operand: Shape, output: Shape) -> np.ndarray:
        """The elements of the operand that chosen outputs read, bool, broadcastable to it.

        Args:
            mask: chosen elements of the output, bool, broadcastable to its shape.
            operand: shape of the operand.
            output: shape of the output.
        """
        return reduce(np.logical_or, (part.back(mask, operand, output) for part in self.parts))


@dataclass(frozen=True, eq=False)
class Read(OperandRead):
    """One read of an operand, dimension by dimension.

    Attributes:
        dims: per output dimension, (operand dimension, access), or None where the output is the
            same all along that dimension. Operand dimensions that are not named are read whole.
        where: bool, broadcastable to the output: those that read the operand; None is all of them.
    """

    dims: tuple[tuple[int, Access] | None, ...]
    where: np.ndarray | None = None

    @property
    def parts(self) -> tuple[Read, ...]:
        """The read itself, as the only part."""
        return (self,)

    @cached_property
    def followed(self) -> tuple[int, ...]:
        """The operand dimensions that are followed, in output order."""
        return tuple(step[0] for step in self.dims if step is not None)

    @cached_property
    def is_plain(self) -> bool:
        """Whether dimensions are only moved, repeated or read whole."""
        return self.where is None and all(s is None or s[1] == IDENTITY for s in self.dims)

    @cached_property
    def is_elementwise(self) -> bool:
        """Whether every dimension is followed, in order, index by index."""
        return self.is_plain and self.followed == tuple(range(len(self.dims)))

    @staticmethod
    def elementwise(rank: int) -> Read:
        """Output index i reads operand index i on each of ``rank`` dimensions."""
        return Read(tuple((d, IDENTITY) for d in range(rank)))

    @staticmethod
    def everything(rank: int) -> Read:
        """Every output, of ``rank`` dimensions, reads the whole operand."""
        return Read((None,) * rank)

    def fits(self, operand: Shape, output: Shape) -> bool:
        """Whether every dimension that it names is there, and leads to the output's length."""
        if len(self.dims) != len(output):
            return False
        for step, length in zip(self.dims, output, strict=True):
            if step is not None:
                dim, access = step
                if not (0 <= dim < len(operand) and access.fits(operand[dim], length)):
                    return False
        return self.where is None or (
            self.where.ndim == len(output)
            and all(n in (1, m) for n, m in zip(self.where.shape, output, strict=True))
        )

    def arranged(self, intervals: np.ndarray, whole: Sequence[int]) -> np.ndarray:
        """Interval arrays of the operand with their dimensions in output order.

        Args:
            intervals: of the operand.
            whole: its dimensions that are read whole: they are united; new ones have length 1.
        """
        united = tuple(d + 1 for d in whole if intervals.shape[d + 1] > 1)
        if united:
            intervals = intervals.min(united, keepdims=True)
        lengths = [1 if step is None else intervals.shape[step[0] + 1] for step in self.dims]
        if any(a > b for a, b in pairwise(self.followed)):
            order = (*(d + 1 for d in self.followed), *(d + 1 for d in whole))
            intervals = intervals.transpose(0, *order)
        return intervals.reshape(2, *lengths)

    def forward(
        self, exact: np.ndarray, virtual: np.ndarray, laws: Laws, operand: Shape, output: Shape
    ) -> tuple[np.ndarray, np.ndarray, Laws]:
        """Intervals and laws, in output order already, through each access and the mask.

        Args:
            exact: intervals of real inputs.
            virtual: the same with padding counted as if it were real.
            laws: periodic laws of ``virtual``, per dimension of the output.
            operand: shape of the operand.
            output: shape of the output.
        """
        found = list(laws)
        for d, step in enumerate(self.dims):
            if step is None or step[1] == IDENTITY:
                continue
            if found[d] == CONSTANT and exact.shape[d + 1] == 1 == virtual.shape[d + 1]:
                continue  # the same all along this dimension, whatever is read of it
            dim, access = step
            exact, virtual, found[d] = access.forward(
                exact, virtual, found[d], dim=d, inputs=operand[dim], outputs=output[d]
            )
        if self.where is not None:
            exact = np.where(self.where, exact, EMPTY)
            masked = np.where(self.where, virtual, EMPTY)
            kept = [reduced(law, masked, d) for d, law in enumerate(found)]
            if [law is None for law in kept] == [law is None for law in found]:
                virtual, found = masked, kept  # else it cuts at borders, as padding does
        return exact, virtual, tuple(found)

    def back(self, mask: np.ndarray, operand: Shape, output: Shape) -> np.ndarray:
        """The operand indices read, by dimension; dimensions read whole are chosen whole."""
        if self.where is not None:
            mask = mask & self.where
        repeated = tuple(d for d, step in enumerate(self.dims) if step is None)
        if repeated:
            mask = np.asarray(mask.any(repeated, keepdims=True))
        for d, step in enumerate(self.dims):
            if step is not None:
                dim, access = step
                mask = access.back(mask, dim=d, outputs=output[d], inputs=operand[dim])
        kept = [d for d in range(len(output)) if d not in repeated]
        order = [kept[i] for i in np.argsort(self.followed)]
        mask = mask.transpose(*order, *repeated)
        lengths = iter(mask.shape)
        return mask.reshape(
            [next(lengths) if d in self.followed else 1 for d in range(len(operand))]
        )


@dataclass(frozen=True, eq=False)
class AnyOf(OperandRead):
    """Several reads of one operand, united: no join, nothing to be aligned."""

    reads: tuple[Read, ...]

    @property
    def parts(self) -> tuple[Read, ...]:
        """The reads that are united."""
        return self.reads
