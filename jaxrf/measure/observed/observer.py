"""Elements of values that stay the same whatever numbers are put in place of inputs and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from jaxrf.frameworks.array_kinds import Kind
from jaxrf.measure.observed.fillings import FILLINGS, filling
from jaxrf.measure.observed.static_values import StaticValues, run
from jaxrf.program.broadcast import compressed
from jaxrf.program.equation import Equation
from jaxrf.program.magnitude import Extremes, extremes
from jaxrf.program.partial_constants import settled
from jaxrf.program.primitives import decides, decides_alone
from jaxrf.program.program import Program
from jaxrf.program.reading import Site, resolve
from jaxrf.program.signs import sign_is_told

__all__ = ["KnownElements", "ObservedSite", "Observer"]


@dataclass(frozen=True, eq=False)
class KnownElements:
    """The elements of a value that never change.

    Attributes:
        known: bool, broadcastable to the value: which elements.
        value: their numbers, broadcastable to the value; meaningless where not known.
    """

    known: np.ndarray
    value: np.ndarray


class Observer:
    """Finds known elements by running parts of a program; every value is run once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.static = StaticValues(program)
        self._seen: dict[int, KnownElements | None] = {}
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

    def known_elements(self, number: int) -> KnownElements | None:
        """The known elements of a value; None where there are none."""
        return resolve(number, self._seen, self._needs, self._make)

    def _needs(self, number: int) -> tuple[int, ...]:
        if number not in self._may or self.static.value(number, Kind.FACT) is not None:
            return ()
        return self.program.made[number].inputs

    def _make(self, number: int) -> None:
        value = self.static.value(number, Kind.FACT)
        if value is not None:
            seen: KnownElements | None = KnownElements(self._settled(number, value), value)
        else:
            seen = self._observed(self.program.made[number]) if number in self._may else None
        self._seen[number] = seen if seen is not None and seen.known.any() else None

    def _settled(self, number: int, value: np.ndarray) -> np.ndarray:
        """Bool: the elements that no other rounding would change.

        The other roundings come from theory: they open more paths, and hide none.
        """
        fact = self.program.folding.fact(number)
        return np.ones((1,) * value.ndim, bool) if fact is None else fact[0]

    def _observed(self, eq: Equation) -> KnownElements | None:
        operands = [self._seen[i] for i in eq.inputs]
        if eq.name == "select_n" and operands[0] is None:
            which = self.static.value(eq.inputs[0], Kind.STORED)
            if which is not None:
                operands[0] = KnownElements(np.ones((1,) * which.ndim, bool), which)
        if decides(eq.name) == "moved":
            return _moved(eq, operands[0]) if len(operands) == 1 else None
        how = decides(eq.name)
        absorbs = how in ("large", "highest", "lowest")
        large = [extremes(self.program, i) for i in eq.inputs] if absorbs else []
        signed = "zero" in (how or "").split() and sign_is_told(self.program, eq.outputs[0])
        seen = _filled(eq, operands, large, alone=not signed)
        if seen is None or how != "operands" or any(operand is None for operand in operands):
            return seen
        return KnownElements(
            seen.known & settled(self.program, eq), seen.value
        )  # as in ``_settled``


def _single(shape: Sequence[int]) -> bool:
    """Whether a value is a single number, which may be a learned scale that is stored as zero."""
    return all(length == 1 for length in shape)


def _moved(eq: Equation, seen: KnownElements | None) -> KnownElements | None:
    """The moving primitive on both arrays; a broadcast keeps dimensions at length 1."""
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
    return KnownElements(*moved)


def _filled(
    eq: Equation,
    operands: list[KnownElements | None],
    large: list[Extremes | None],
    *,
    alone: bool = True,
) -> KnownElements | None:
    """The elements that stay the same while the primitive runs with one filling after another."""
    rank = len(eq.out_shapes[0])
    whole = all(seen is not None for seen in operands)
    dtypes = _dtypes(eq, operands)
    if dtypes is None:
        return None
    parts = []
    for seen, shape, dtype in zip(operands, eq.in_shapes, dtypes, strict=True):
        if seen is None:
            seen = KnownElements(np.zeros((1,) * rank, bool), np.zeros((1,) * rank, dtype))
        if not shape:  # a scalar beside arrays
            seen = KnownElements(seen.known.reshape((1,) * rank), seen.value.reshape((1,) * rank))
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
    if alone and decides_alone(eq.name, floats=floats) and not everywhere.all():
        steady = _steady(eq, parts, large)
        if steady is not None:
            fresh = steady.known & ~known
            value = steady.value if value is None else np.where(fresh, steady.value, value)
            known = known | fresh
    return None if value is None else KnownElements(known, value)


def _dtypes(eq: Equation, operands: list[KnownElements | None]) -> list[Any] | None:
    """The dtypes of all operands; unknown operands have that of a known one."""
    first = 1 if eq.name == "select_n" else 0
    like = next((seen.value.dtype for seen in operands[first:] if seen is not None), None)
    if like is None:
        return None
    dtypes = [like if seen is None else seen.value.dtype for seen in operands]
    if first and operands[0] is None:
        dtypes[0] = np.dtype(bool if len(operands) == 3 else np.int32)
    return dtypes


def _steady(
    eq: Equation, parts: list[KnownElements], large: list[Extremes | None]
) -> KnownElements | None:
    """The elements that are the same for all fillings.

    A single number does not decide a result alone, and a finite number does not absorb an operand
    that may be large itself.
    """
    if eq.name != "select_n":
        parts = [
            KnownElements(np.zeros_like(part.known), part.value) if _single(shape) else part
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
        same &= (other == first) | ((other != other) & (first != first))
        if eq.name == "select_n" and jax.dtypes.issubdtype(first.dtype, np.floating):
            same &= np.signbit(other) == np.signbit(first)
        if not same.any():
            return None
    for part, found in zip(parts, large, strict=False):
        if found is not None:
            may = (found.low | found.high) & ~part.known
            may = may if may.ndim == same.ndim else may.reshape((1,) * same.ndim)
            same = same & ~(may & np.isfinite(first))
    return KnownElements(compressed(same), first)


def _drawn(eq: Equation, parts: list[KnownElements], draw: int) -> np.ndarray | None:
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
class ObservedSite(Site):
    """A site whose rule may ask for values that were found by running the program.

    Attributes:
        observer: of the program.
        chosen: position of an operand -> the one of its candidates to use.
    """

    observer: Observer = field(kw_only=True)
    chosen: Mapping[int, np.ndarray] = field(default_factory=dict, kw_only=True)

    @property
    def program(self) -> Program:
        """The program of the equation."""
        return self.observer.program

    def candidates(self, n: int) -> list[np.ndarray]:
        """The values that operand ``n`` may have: as it is run, and by other roundings.

        The other roundings come from theory: they open more paths, and hide none.
        """
        value = self.fold(n)
        if value is None:
            return []
        others = self.program.folding.candidates(self.equation.inputs[n])
        return [value, *(other for other in others if not np.array_equal(other, value))]

    def fold(self, n: int) -> np.ndarray | None:
        """The value of an index or a predicate ``n``; None where weights or inputs change it."""
        if n in self.chosen:
            return self.chosen[n]
        value = self.observer.static.value(self.equation.inputs[n], Kind.STORED)
        return None if value is None else np.broadcast_to(value, self.equation.in_shapes[n])

    def known_elements(self, n: int) -> KnownElements | None:
        """The known elements of operand ``n``; None where there are none."""
        return self.observer.known_elements(self.equation.inputs[n])

    def steady(self) -> np.ndarray | None:
        """Bool, broadcastable to the result: the elements that nothing changes; None: none."""
        seen = self.observer.known_elements(self.equation.outputs[0])
        return None if seen is None else seen.known

    def nonzero(self, n: int) -> np.ndarray | None:
        """Bool, broadcastable to operand ``n``: where it may differ from zero; None: anywhere."""
        seen = self.known_elements(n)
        if seen is None:
            return None
        zero = seen.known & (seen.value == 0)
        return ~zero if zero.any() else None
