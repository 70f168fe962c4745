"""Slices of a flat program: what values reach, what they need, and until when they are read.

The terms are those of program slicing: a *forward slice* is all that some values can influence, a
*backward slice* all that they are computed from. Both follow equations alone and ask no rule.

Source: Weiser, *Program Slicing*, ICSE 1981.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from jaxrf.program.equation import Equation

__all__ = ["backward_slice", "forward_slice", "last_uses", "reading", "reads"]


def reads(equation: Equation, values: Collection[int]) -> bool:
    """Whether an equation reads any of some values."""
    return any(i in values for i in equation.inputs)


def reading(equations: Iterable[Equation], values: Collection[int]) -> list[Equation]:
    """The equations that read any of some values, in their order."""
    return [equation for equation in equations if reads(equation, values)]


def forward_slice(equations: Iterable[Equation], start: Iterable[int]) -> frozenset[int]:
    """The forward slice: all values that some values can influence, themselves included.

    Args:
        equations: in order of execution.
        start: value numbers.
    """
    found = set(start)
    for equation in equations:
        if reads(equation, found):
            found.update(equation.outputs)
    return frozenset(found)


def backward_slice(equations: Sequence[Equation], wanted: Iterable[int]) -> list[Equation]:
    """The backward slice: the equations that some values are computed by, in their order.

    Args:
        equations: in order of execution.
        wanted: value numbers.
    """
    values, found = set(wanted), []
    for equation in reversed(equations):
        if not values.isdisjoint(equation.outputs):
            values.update(equation.inputs)
            found.append(equation)
    return found[::-1]


def last_uses(
    equations: Sequence[Equation],
    kept: Iterable[int],
    also: Callable[[Equation], Iterable[int]] = lambda equation: (),
) -> list[tuple[int, ...]]:
    """Per equation, the values that nothing reads after it.

    Args:
        equations: in order of execution.
        kept: values that are read after all of them.
        also: what reading an equation reads beyond its operands.
    """
    seen, last = set(kept), []
    for equation in reversed(equations):
        read = dict.fromkeys((*equation.inputs, *also(equation)))
        last.append(tuple(i for i in read if i not in seen))
        seen.update(read)
    return last[::-1]
