"""Residual branches of a flat program: sums one of whose operands passes the other by.

An addition y = a + b is a *residual join* where its operand a (the shortcut) comes straight from a
value v that b (the branch) is computed from, and b passes more weighted layers on the way from v
than a does. Straight: one operand that depends on the input at every step, and at most one weighted
layer, the projection of a block that changes resolution or width. A sum of towers of equal depth is
none, a concatenation never is.

Source: He et al. 2016, arXiv:1512.03385 (eqs 1 and 2: identity and projection shortcuts); Veit,
Wilber and Belongie 2016, arXiv:1605.06431 (a residual network as a sum over paths).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jaxrf.program.equation import Equation
from jaxrf.program.primitives import weighted
from jaxrf.program.program import Program

__all__ = ["Branch", "joined_side_by_side", "residual_branches"]

SUMS = ("add", "add_any", "sub")
CHOOSES = ("slice", "dynamic_slice", "gather", "squeeze")  # another place, as a recurrence reads


@dataclass(frozen=True, eq=False)
class Branch:
    """One residual join.

    Attributes:
        equation: the sum.
        position: which of its operands the branch is.
        projected: whether the shortcut has a weighted layer of its own.
        layers: weighted layers of the branch, at most over its paths.
    """

    equation: Equation
    position: int
    projected: bool
    layers: int

    @property
    def result(self) -> int:
        """Value number of the sum."""
        return self.equation.outputs[0]

    @property
    def shortcut(self) -> int:
        """Value number of the shortcut."""
        return self.equation.inputs[1 - self.position]

    @property
    def label(self) -> str:
        """Scope and source line of the join."""
        eq = self.equation
        parts = (eq.scope, eq.source and f"at {eq.source}")
        return " ".join(p for p in parts if p) or eq.name


def residual_branches(program: Program) -> list[Branch]:
    """All residual joins of a program, in order of execution."""
    places = {i: n for n, eq in enumerate(program.equations) for i in eq.outputs}
    found: dict[int, Branch] = {}
    for eq in program.equations:
        if eq.name not in SUMS or not program.dependent.issuperset(eq.inputs):
            continue
        sides = [_branch(program, places, found, eq, position) for position in (0, 1)]
        some = [b for b in sides if b is not None]
        if some:  # an identity before a projection
            chosen = min(some, key=lambda b: b.projected)
            found[chosen.result] = chosen
    return list(found.values())


def _branch(
    program: Program, places: dict[int, int], found: dict[int, Branch], eq: Equation, position: int
) -> Branch | None:
    """The join with its branch at a position; None where it is not one."""
    shortcut, branch = eq.inputs[1 - position], eq.inputs[position]
    if shortcut == branch:
        return None
    for value, weights in _straight(program, found, shortcut):
        if value == branch:  # the shortcut is computed from the branch: x - mean(x)
            return None
        layers = _layers(program, places, value, branch, places[eq.outputs[0]])
        if layers is not None:
            return Branch(eq, position, weights > 0, layers) if layers > weights else None
    return None


def _straight(program: Program, found: dict[int, Branch], value: int) -> Iterator[tuple[int, int]]:
    """(value, weighted layers so far) along a shortcut, backwards."""
    weights, chose = 0, False
    while True:
        yield value, weights
        eq = program.made.get(value)
        if eq is None:
            return
        if value in found:  # another join of the same shortcut
            value = found[value].shortcut
            continue
        read = {i for i in eq.inputs if i in program.dependent}
        if len(read) != 1:
            return
        chose |= eq.name in CHOOSES
        weights += eq.name in weighted()
        if weights > 1 or (weights and chose):
            return
        value = read.pop()


def _layers(
    program: Program, places: dict[int, int], start: int, end: int, before: int
) -> int | None:
    """Weighted layers from one value to another, at most over paths; None without a path."""
    depth = {start: 0}
    for eq in program.equations[places.get(start, -1) + 1 : before]:
        reached = [depth[i] for i in eq.inputs if i in depth]
        if reached:
            own = max(reached) + (eq.name in weighted())
            depth.update(dict.fromkeys(eq.outputs, own))
    return depth.get(end)


def joined_side_by_side(program: Program) -> int:
    """Concatenations that lay a value beside what is computed from it (DenseNet, U-Net)."""
    places = {i: n for n, eq in enumerate(program.equations) for i in eq.outputs}
    count = 0
    for eq in program.equations:
        if eq.name != "concatenate":
            continue
        read = [i for i in eq.inputs if i in program.dependent]
        end = places[eq.outputs[0]]
        count += any(_layers(program, places, a, b, end) for a in read for b in read if a != b)
    return count
