"""Mutable state of a program: references, and the world outside.

Equations of a flat program have values alone. While a program is flattened, a reference is
therefore a *handle*, a number that stands for no value, and what it holds at this point of the
program is kept here. Reads and writes are written out on that (:mod:`jaxrf.program.expansions`).

An equation that nobody can write out reads all that its handles hold and replaces all of it. If it
has effects (callbacks), or values that are neither arrays nor references, it also reads and
replaces the one state of the world outside, so that whatever it may have left there reaches the
next one that looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jax import lax

from jaxrf.program import compat

__all__ = ["WORLD", "States", "Unresolved"]

WORLD = -1  # the handle of the world outside
_OUTSIDE = jax.ShapeDtypeStruct((), np.float32)


class Unresolved(Exception):
    """An equation that cannot be written out: it stays as it is, and everything is assumed."""


@dataclass
class States:
    """The values that handles hold, as far as the program is written.

    Attributes:
        weight: array -> number of a value that does not follow from the code alone.
        held: handle -> value number.
        types: handle -> shape and dtype of what it holds.
    """

    weight: Callable[[np.ndarray], int]
    held: dict[int, int] = field(default_factory=dict)
    types: dict[int, jax.ShapeDtypeStruct] = field(default_factory=dict)

    def refer(self, handle: int, aval: compat.Aval, number: int) -> int:
        """A new reference, and the value that it starts with."""
        self.held[handle] = number
        self.types[handle] = jax.ShapeDtypeStruct(aval.shape, aval.dtype)
        return handle

    def __getitem__(self, handle: int) -> int:
        """The value that a reference holds now.

        Raises:
            Unresolved: nobody knows any more.
        """
        if handle not in self.held:
            raise Unresolved
        return self.held[handle]

    def read(self, number: int) -> int:
        """The value that a handle holds; any other operand itself."""
        return self.held.get(number, number)

    def world(self) -> int:
        """The state of the world outside, a weight until something is done to it."""
        if WORLD not in self.held:
            self.types[WORLD] = _OUTSIDE
            self.held[WORLD] = self.weight(np.zeros(_OUTSIDE.shape, _OUTSIDE.dtype))
        return self.held[WORLD]

    def touched(self, eqn: compat.JaxprEqn, inputs: Sequence[int]) -> dict[int, int | None]:
        """Handle -> position of its operand: every state that an equation may read and replace."""
        held = self.held
        touched: dict[int, int | None] = {
            number: n for n, number in enumerate(inputs) if number in held
        }
        others = [a.aval for a, n in zip(eqn.invars, inputs, strict=True) if n not in held]
        results = [v.aval for v in eqn.outvars]
        if compat.has_effects(eqn) or not all(map(compat.is_array, (*others, *results))):
            self.world()
            touched[WORLD] = None
        return touched

    def replace(self, eqn: compat.JaxprEqn, touched: Sequence[int], numbers: Sequence[int]) -> None:
        """Let an equation replace what the handles that it touches hold.

        Where it returns a reference, that may be another name of one that it was given: what is
        done to either of them from now on is done to the world outside.
        """
        self.held.update(zip(touched, numbers, strict=True))
        if any(compat.is_reference(v.aval) for v in eqn.outvars):
            for handle in set(touched) - {WORLD}:
                del self.held[handle]

    def merge(
        self,
        before: Mapping[int, int],
        ends: Sequence[dict[int, int]],
        predicate: tuple[Any, int],
        trace: Callable[..., Sequence[int]],
    ) -> None:
        """Hold what is held after one of several branches.

        Args:
            before: what was held before the branches.
            ends: what was held at the end of each.
            predicate: (variable, value number) of the index of the branch that is taken.
            trace: (function, atoms, numbers) -> numbers of its results, which are written.

        Raises:
            Unresolved: a branch has lost track of a reference.
        """
        self.held = dict(before)
        if any(WORLD in end for end in ends):
            start = self.world()
            ends = [{WORLD: start, **end} for end in ends]
        atom, number = predicate
        for handle in list(self.held):
            cases = []
            for end in ends:
                if handle not in end:
                    raise Unresolved
                cases.append(end[handle])
            if len(set(cases)) > 1:
                types = [atom, *(self.types[handle] for _ in cases)]
                (self.held[handle],) = trace(lax.select_n, types, [number, *cases])
            else:
                self.held[handle] = cases[0]
