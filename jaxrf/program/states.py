"""What a program changes in place: mutable references, and the world outside.

Equations of a flat program have values alone. While a program is flattened, a reference is
therefore a *handle*, a number that stands for no value, and what it holds at this point of the
program is kept here. Reads and writes are written out on that (:mod:`jaxrf.program.references`).

An equation that nobody can write out reads all that its handles hold and replaces all of it. If it
has effects (callbacks), or values that are neither arrays nor references, it also reads and
replaces the one state of the world outside, so that whatever it may have left there reaches the
next one that looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jax
import numpy as np
from jax import lax

from jaxrf.program import compat

if TYPE_CHECKING:
    from jaxrf.program.flatten import Writer

__all__ = ["WORLD", "States", "Unresolved", "merge", "opaque", "replace"]

WORLD = -1  # the handle of the world outside
_OUTSIDE = jax.ShapeDtypeStruct((), np.float32)


class Unresolved(Exception):
    """An equation that cannot be written out: it stays as it is, and everything is assumed."""


@dataclass
class States:
    """What every handle holds, as far as the program is written.

    Attributes:
        held: handle -> value number.
        types: handle -> shape and dtype of what it holds.
    """

    held: dict[int, int] = field(default_factory=dict)
    types: dict[int, jax.ShapeDtypeStruct] = field(default_factory=dict)

    def refer(self, handle: int, aval, number: int) -> int:
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
        """What an operand holds: of a handle its value, else the operand itself."""
        return self.held.get(number, number)


def world(writer: Writer) -> int:
    """The state of the world outside, a weight until something is done to it."""
    states = writer.states
    if WORLD not in states.held:
        states.types[WORLD] = _OUTSIDE
        states.held[WORLD] = writer.weight(np.zeros(_OUTSIDE.shape, _OUTSIDE.dtype))
    return states.held[WORLD]


def opaque(writer: Writer, eqn, inputs: Sequence[int]) -> dict[int, int | None]:
    """Handle -> position of its operand: every state that an equation may read and replace."""
    held = writer.states.held
    touched: dict[int, int | None] = {
        number: n for n, number in enumerate(inputs) if number in held
    }
    others = [a.aval for a, number in zip(eqn.invars, inputs, strict=True) if number not in held]
    results = [v.aval for v in eqn.outvars]
    if compat.has_effects(eqn) or not all(map(compat.is_array, (*others, *results))):
        world(writer)
        touched[WORLD] = None
    return touched


def replace(writer: Writer, eqn, touched: Sequence[int], numbers: Sequence[int]) -> None:
    """Let an equation replace what the handles that it touches hold.

    Where it returns a reference, that may be another name of one that it was given: what is done
    to either of them from now on is done to the world outside.
    """
    held = writer.states.held
    held.update(zip(touched, numbers, strict=True))
    if any(compat.is_reference(v.aval) for v in eqn.outvars):
        for handle in set(touched) - {WORLD}:
            del held[handle]


def merge(
    writer: Writer, before: Mapping[int, int], ends: Sequence[dict[int, int]], which, *where
) -> None:
    """What states hold after one of several branches.

    Args:
        writer: where equations go.
        before: what was held before the branches.
        ends: what was held at the end of each.
        which: (variable, value number) of the index of the branch that is taken.
        where: scope and sources.

    Raises:
        Unresolved: a branch has lost track of a reference.
    """
    states = writer.states
    states.held = dict(before)
    if any(WORLD in end for end in ends):
        start = world(writer)
        ends = [{WORLD: start, **end} for end in ends]
    atom, number = which
    for handle in list(states.held):
        cases = []
        for end in ends:
            if handle not in end:
                raise Unresolved
            cases.append(end[handle])
        if len(set(cases)) > 1:
            types = [atom, *(states.types[handle] for _ in cases)]
            (states.held[handle],) = writer.trace(lax.select_n, types, [number, *cases], *where)
        else:
            states.held[handle] = cases[0]
