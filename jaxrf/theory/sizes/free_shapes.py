"""Shapes with free lengths: which axes are free, and the inputs at given lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax

from jaxrf.errors import InvalidInput
from jaxrf.program.inputs import OpenInput, abstract_inputs

__all__ = ["FreeShapes"]


@dataclass(frozen=True)
class FreeShapes:
    """The inputs of a model, some lengths left open.

    The free axes of an array are numbered in order; those of one number have one length in all
    arrays (a signal and its mask), those of different numbers are independent of each other.

    Attributes:
        arguments: the positional arguments, free lengths 1.
        shapes: of every array in JAX's order; None is a free length.
    """

    arguments: tuple[Any, ...]
    shapes: tuple[tuple[int | None, ...], ...]

    @staticmethod
    def of(shape: Any, dtype: str) -> FreeShapes:
        """Make the shapes from one as for ``analyze``, with None for free lengths.

        Raises:
            InvalidInput: a bad shape or dtype, or no length is free.
        """
        ones, twos = (abstract_inputs(_filled(shape, n), dtype) for n in (1, 2))
        shapes = tuple(
            tuple(None if n != m else n for n, m in zip(a.shape, b.shape, strict=True))
            for a, b in zip(jax.tree.leaves(ones), jax.tree.leaves(twos), strict=True)
        )
        if not any(None in s for s in shapes):
            raise InvalidInput(
                f"shape: got {shape!r} without a free length; need None for one, e.g. "
                "(1, None, None, 3), or analyze() for this size"
            )
        return FreeShapes(ones, shapes)

    @property
    def count(self) -> int:
        """The number of free lengths."""
        return max(shape.count(None) for shape in self.shapes)

    def at(self, lengths: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments at given lengths, which may be symbolic."""
        leaves, structure = jax.tree.flatten(self.arguments)
        filled = []
        for leaf, shape in zip(leaves, self.shapes, strict=True):
            free = iter(lengths)
            dims = tuple(next(free) if n is None else n for n in shape)
            filled.append(jax.ShapeDtypeStruct(dims, leaf.dtype))
        arguments: tuple[Any, ...] = jax.tree.unflatten(structure, filled)
        return arguments

    def number(self, source: int, axis: int) -> int | None:
        """The number of the free length of an axis of array ``source``, None where it is given."""
        shape = self.shapes[source]
        return None if shape[axis] is not None else shape[:axis].count(None)

    def fixed(self, lengths: Sequence[int | None]) -> FreeShapes:
        """The shapes with some free lengths given; None stays free."""
        shapes = []
        for shape in self.shapes:
            free = iter(lengths)
            shapes.append(tuple(next(free) if n is None else n for n in shape))
        return FreeShapes(self.arguments, tuple(shapes))


def _filled(entry: Any, length: int) -> Any:
    """The same nest of shapes with ``length`` for None."""
    if entry is None:
        return length
    if isinstance(entry, OpenInput):
        return abstract_inputs(_filled(entry.shape, length), entry.dtype)[0]
    if isinstance(entry, dict):
        return type(entry)({key: _filled(value, length) for key, value in entry.items()})
    if isinstance(entry, (list, tuple)):
        return type(entry)(_filled(value, length) for value in entry)
    return entry
