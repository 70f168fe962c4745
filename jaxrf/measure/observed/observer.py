"""Elements of a value that stay the same whatever stands in for inputs and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from jaxrf.frameworks.stored import Kind
from jaxrf.measure.observed.fillings import FILLINGS, filling
from jaxrf.measure.observed.static import Static, run
from jaxrf.program.broadcast import compressed
from jaxrf.program.equation import Equation
from jaxrf.program.magnitude import Extremes, extremes
from jaxrf.program.primitives import decides, decides_alone
from jaxrf.program.program import Program
from jaxrf.program.reading import Site, resolve

__all__ = ["Observed", "Observer", "Seen"]


@dataclass(frozen=True, eq=False)
class Seen:
    """The elements of a value that never changed.

    Attributes:
        known: bool, broadcastable to the value.
        value: broadcastable likewise; meaningless where not known.
    """

    known: np.ndarray
    value: np.ndarray


class Observer:
    """Runs the parts of a program that decide something; every value once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.static = Static(program)
        self._seen: dict[int, Seen | None] = {}
        self._may: set[int] = set()
        for eq in program.equations:
            if any(map(self.may, eq.inputs)) and self._decides(eq):
                self._may.update(eq.outputs)

    def may(self, number: int) -> bool:
        """Whether some element may be known, before anything is run."""
        return number in self._may or self.static.may(number)

    def _decides(self, eq: Equation) -> bool:
        """Whether known elements of its operands may make known ones of its result."""
        how, possible = decides(eq.name), [self.may(i) for i in eq.inputs]
        if how in (None, "moved", "operands"):
            return how is not None and all(possible)
        single = [_single(shape) for shape in eq.in_shapes]
        return all(possible) or any(p and not s for p, s in zip(possible, single, strict=True))

    def seen(self, number: int) -> Seen | None:
        """The elements of a value that are known; None where there are none."""
        return resolve(number, self._seen, self._needs, self._make)

    def _needs(self, number: int) -> tuple[int, ...]:
        if number not in self._may or self.static.value(number, Kind.FACT) is not None:
            return ()
        return self.program.made[number].inputs

    def _make(self, number: int) -> None:
        value = self.static.value(number, Kind.FACT)
        if value is not None:
            seen: Seen | None = Seen(self._settled(number, value), value)
        else:
            seen = self._observed(self.program.made[number]) if number in self._may else None
        self._seen[number] = seen if seen is not None and seen.known.any() else None

    def _settled(self, number: int, value: np.ndarray) -> np.ndarray:
        """Where no other rounding makes another value of what is run, bool.

        The other roundings are theory's: they open more paths, and hide none.
        """
        fact = self.program.folding.fact(number)
        return np.ones((1,) * value.ndim, bool) if fact is None else fact[0]

    def _observed(self, eq: Equation) -> Seen | None:
        operands = [self._seen[i] for i in eq.inputs]
        if eq.name == "select_n" and operands[0] is None:
            which = self.static.value(eq.inputs[0], Kind.STORED)
            if which is not None:
                operands[0] = Seen(np.ones((1,) * which.ndim, bool), which)
        if decides(eq.name) == "moved":
            return _moved(eq, operands[0]) if len(operands) == 1 else None
        sums = decides(eq.name) == "large"
        large = [extremes(self.program, i) for i in eq.inputs] if sums else []
        return _filled(eq, operands, large)


def _single(shape: Sequence[int]) -> bool:
    """A single number that multiplies may be a learned scale, stored while it was zero."""
    return all(length == 1 for length in shape)


def _moved(eq: Equation, seen: Seen | None) -> Seen | None:
    """The primitive on both arrays; a dimension that nothing varies along is only spread."""
    if seen is None:
        return None
    moved = []
    for array in (seen.known, seen.value):
        if eq.name == "broadcast_in_dim":
            shape = [1] * len(eq.out_shapes[0])
            for length, target in zip(array.shape, eq.params["broadcast_dimensions"], strict=True):
                shape[target] = length
            moved.append(array.reshape(shape))
        else:
            results = run(eq, [np.broadcast_to(array, eq.in_shapes[0])])
            if results is None:
                return None
            moved.append(compressed(results[0]))
    return Seen(*moved)


def _filled(eq: Equation, operands: list[Seen | None], large: list[Extremes | None]) -> Seen | None:
    """Run with one filling after the other: what stays the same is known."""
    rank = len(eq.out_shapes[0])
    whole = all(seen is not None for seen in operands)
    dtypes = _dtypes(eq, operands)
    if dtypes is None:
        return None
    parts = []
    for seen, shape, dtype in zip(operands, eq.in_shapes, dtypes, strict=True):
        if seen is None:
            seen = Seen(np.zeros((1,) * rank, bool), np.zeros((1,) * rank, dtype))
        if not shape:  # a scalar beside arrays
            seen = Seen(seen.known.reshape((1,) * rank), seen.value.reshape((1,) * rank))
        parts.append(seen)
    everywhere = np.logical_and.reduce(np.broadcast_arrays(*(part.known for part in parts)))
    known = np.zeros_like(everywhere)
    value: np.ndarray | None = None
    if whole and everywhere.any():
        value = _drawn(eq, parts, 0)
        if value is None:
            return None
        known = everywhere
    floats = jax.dtypes.issubdtype(dtypes[-1], np.floating)
    if decides_alone(eq.name, floats=floats) and not everywhere.all():
        steady = _steady(eq, parts, large)
        if steady is not None:
            fresh = steady.known & ~known
            value = steady.value if value is None else np.where(fresh, steady.value, value)
            known = known | fresh
    return None if value is None else Seen(known, value)


def _dtypes(eq: Equation, operands: list[Seen | None]) -> list[Any] | None:
    """Of all operands; those that are not known are of the same dtype as the others."""
    first = 1 if eq.name == "select_n" else 0
    like = next((seen.value.dtype for seen in operands[first:] if seen is not None), None)
    if like is None:
        return None
    dtypes = [like if seen is None else seen.value.dtype for seen in operands]
    if first and operands[0] is None:
        dtypes[0] = np.dtype(bool if len(operands) == 3 else np.int32)
    return dtypes


def _steady(eq: Equation, parts: list[Seen], large: list[Extremes | None]) -> Seen | None:
    """The elements that are the same for all fillings; a single number decides nothing alone.

    Where an operand may be large itself, what is finite absorbs nothing.
    """
    if eq.name != "select_n":
        parts = [
            Seen(np.zeros_like(part.known), part.value) if _single(shape) else part
            for part, shape in zip(parts, eq.in_shapes, strict=True)
        ]
    first = _drawn(eq, parts, 0)
    if first is None:
        return None
    same = np.ones(first.shape, bool)
    for draw in range(1, FILLINGS):
        other = _drawn(eq, parts, draw)
        if other is None:
            return None
        same &= other == first
        if not same.any():
            return None
    for part, found in zip(parts, large, strict=False):
        if found is not None:
            may = (found.low | found.high) & ~part.known
            may = may if may.ndim == same.ndim else may.reshape((1,) * same.ndim)
            same = same & ~(may & np.isfinite(first))
    return Seen(compressed(same), first)


def _drawn(eq: Equation, parts: list[Seen], draw: int) -> np.ndarray | None:
    """The primitive with the known elements as they are and the others filled in."""
    filled = [
        np.where(part.known, part.value, filling(draw, n, part.value.dtype))
        for n, part in enumerate(parts)
    ]
    if eq.name == "select_n" and filled[0].dtype.kind != "b":
        filled[0] = np.where(parts[0].known, parts[0].value, draw % (len(parts) - 1))
        filled[0] = filled[0].astype(parts[0].value.dtype)
    results = run(eq, np.broadcast_arrays(*filled))
    return None if results is None else results[0]


@dataclass(eq=False)
class Observed(Site):
    """A site whose rule may ask for what has been found by running the program.

    Attributes:
        observer: of the program.
        chosen: position of an operand -> the value to go by, one of its candidates.
    """

    observer: Observer = field(kw_only=True)
    chosen: Mapping[int, np.ndarray] = field(default_factory=dict, kw_only=True)

    @property
    def program(self) -> Program:
        """The program that the equation stands in."""
        return self.observer.program

    def candidates(self, n: int) -> list[np.ndarray]:
        """What operand ``n`` may be, for choosing: as it is run, and as rounding may have it.

        The other roundings are theory's: they open more paths, and hide none.
        """
        value = self.fold(n)
        if value is None:
            return []
        others = self.program.folding.candidates(self.equation.inputs[n])
        return [value, *(other for other in others if not np.array_equal(other, value))]

    def fold(self, n: int) -> np.ndarray | None:
        """The value of operand ``n``, for choosing; None where weights or inputs change it."""
        if n in self.chosen:
            return self.chosen[n]
        value = self.observer.static.value(self.equation.inputs[n], Kind.STORED)
        return None if value is None else np.broadcast_to(value, self.equation.in_shapes[n])

    def seen(self, n: int) -> Seen | None:
        """The known elements of operand ``n``; None where there are none."""
        return self.observer.seen(self.equation.inputs[n])

    def steady(self) -> np.ndarray | None:
        """Bool, broadcastable to the result: which elements nothing changes; None: none."""
        seen = self.observer.seen(self.equation.outputs[0])
        return None if seen is None else seen.known

    def nonzero(self, n: int) -> np.ndarray | None:
        """Bool, broadcastable to operand ``n``: where it may differ from zero; None: anywhere."""
        seen = self.seen(n)
        if seen is None:
            return None
        zero = seen.known & (seen.value == 0)
        return ~zero if zero.any() else None
