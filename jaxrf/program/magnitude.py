"""Which elements of a value may be as large as a mask: activations are assumed moderate.

Inputs, weights and what layers make of them (products, convolutions, exponentials, quotients) are
*activations*: they stay far below :data:`LARGE`, so that they are lost beside the number that a
mask writes. What a model's own code makes large is none: scores that a mask computed from the
input has filled, their maximum where a whole row may be filled, the logarithm of a mask that the
input computes. Beside those nothing is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np

from jaxrf.frameworks.array_kinds import INFINITE
from jaxrf.program.broadcast import MOVES, compressed, move
from jaxrf.program.equation import Equation
from jaxrf.program.primitives import kind, large, monotone, of_kind
from jaxrf.program.program import Program
from jaxrf.program.reading import resolve

__all__ = ["LARGE", "Extremes", "extremes"]

LARGE = INFINITE

_ASKED = "extremes"
_REDUCE = frozenset("reduce_max reduce_min reduce_sum".split())
# Where a large element of an operand may be anywhere in the result.
_SPREAD = frozenset(
    (
        *of_kind("contraction", "cumulate", "index", "join", "move", "pass", "sort", "window"),
        *("reduce", "reduce_prod"),
    )
)


@dataclass(frozen=True, eq=False)
class Extremes:
    """The elements of a value that may be large, by sign.

    Attributes:
        low: bool, broadcastable to the value: which elements may be below ``-LARGE``.
        high: likewise, above ``LARGE``.
    """

    low: np.ndarray
    high: np.ndarray


def extremes(program: Program, number: int) -> Extremes | None:
    """The elements that may be large; None for a value that is an activation throughout."""
    memo = program.findings(_ASKED)

    def make(last: int) -> None:
        found = _found(program, last)
        memo[last] = found if found is not None and (found.low | found.high).any() else None

    found: Extremes | None = resolve(number, memo, partial(_asked, program), make)
    return found


def _asked(program: Program, number: int) -> Sequence[int]:
    """The values from which a large element may have come."""
    equation = program.made.get(number)
    if equation is None or program.fold(number) is not None:
        return ()
    known = equation.name in large() | _REDUCE | _SPREAD or equation.name in MOVES
    return equation.inputs if known else ()


def _found(program: Program, number: int) -> Extremes | None:
    value = program.fold(number)
    if value is not None:
        if not jax.dtypes.issubdtype(value.dtype, np.floating):
            return None
        value = compressed(value).astype(np.float64)
        return Extremes(value <= -LARGE, value >= LARGE)
    if _is_log_of_mask(program, number):
        low = np.ones((1,) * len(program.shapes[number]), bool)
        return Extremes(low, ~low)
    found = program.findings(_ASKED)
    operands = [found[n] for n in _asked(program, number)]
    if all(operand is None for operand in operands):
        return None
    equation = program.made[number]
    rank = len(equation.out_shapes[0])
    parts = [_whole(o, s) for o, s in zip(operands, equation.in_shapes, strict=True)]
    if equation.name in MOVES:
        below = move(equation, [part.low for part in parts])
        above = move(equation, [part.high for part in parts])
        return _anywhere(parts, rank) if below is None or above is None else Extremes(below, above)
    if equation.name in _REDUCE:
        return _reduced(equation, parts[0])
    if equation.name in _SPREAD:
        return _anywhere(parts, rank)
    return _elementwise(program, equation, [_ranked(part, rank) for part in parts])


def _is_log_of_mask(program: Program, number: int) -> bool:
    """Whether it is the logarithm of a number that is chosen or converted, and may be zero."""
    equation = program.made.get(number)
    if equation is None or equation.name != "log":
        return False
    operand = program.made.get(equation.inputs[0])
    return operand is not None and operand.name in ("convert_element_type", "select_n")


def _whole(extremes: Extremes | None, shape: Sequence[int]) -> Extremes:
    none = np.zeros((1,) * len(shape), bool)
    return extremes or Extremes(none, none)


def _ranked(part: Extremes, rank: int) -> Extremes:
    """A scalar beside an array."""
    if part.low.ndim == rank:
        return part
    return Extremes(part.low.reshape((1,) * rank), part.high.reshape((1,) * rank))


def _anywhere(parts: Sequence[Extremes], rank: int) -> Extremes:
    """Extremes of a value that mixes elements: any one may be large, of any sign."""
    large = any((part.low | part.high).any() for part in parts)
    everywhere = np.full((1,) * rank, large)
    return Extremes(everywhere, everywhere)


def _reduced(eq: Equation, part: Extremes) -> Extremes:
    """A maximum is very low where all is; a sum where anything is."""
    axes = tuple(eq.params["axes"])
    low_of = np.all if eq.name == "reduce_max" else np.any
    high_of = np.all if eq.name == "reduce_min" else np.any
    return Extremes(low_of(part.low, axis=axes), high_of(part.high, axis=axes))


def _elementwise(program: Program, eq: Equation, parts: list[Extremes]) -> Extremes:
    name = eq.name
    if name == "select_n":
        return _selected(program, eq, parts[1:])
    if name == "neg":
        return Extremes(parts[0].high, parts[0].low)
    if name == "sub":
        first, second = parts
        return Extremes(first.low | second.high, first.high | second.low)
    if name in ("max", "min"):
        (a, b), highest = parts, name == "max"
        low = a.low & b.low if highest else a.low | b.low
        return Extremes(low, a.high | b.high if highest else a.high & b.high)
    if name in ("mul", "div"):
        return _scaled(program, eq, parts)
    turns = kind(name) == "unary" and name not in monotone()
    if turns or name in ("clamp", "rem"):
        large = np.logical_or.reduce([part.low | part.high for part in parts])
        return Extremes(large, large)
    low, high = parts[0].low, parts[0].high
    for part in parts[1:]:
        low, high = low | part.low, high | part.high
    return Extremes(low, high)


def _scaled(program: Program, eq: Equation, parts: list[Extremes]) -> Extremes:
    """Extremes of a product or quotient; a positive scale keeps the sign.

    One over a large number is no activation either: what it divides is large.
    """
    for n, part in enumerate(parts):
        scale = program.fold(eq.inputs[1 - n])
        if scale is None or np.iscomplexobj(scale) or (n == 1 and eq.name == "div"):
            continue
        scale = scale.astype(np.float64)  # LARGE is no number of the short floats
        if ((scale > 1 / LARGE) & (scale < LARGE)).all():
            return part
    first, second = parts
    large = first.low | first.high | second.low | second.high
    return Extremes(large, large)


def _selected(program: Program, eq: Equation, cases: list[Extremes]) -> Extremes:
    """Extremes of a selection, from the elements of each case that may be chosen."""
    rank = len(eq.out_shapes[0])
    which = program.fold(eq.inputs[0])
    low = high = np.zeros((1,) * rank, bool)
    for n, case in enumerate(cases):
        here: np.ndarray = np.ones((1,) * rank, bool)
        if which is not None:
            here = np.clip(which.astype(np.int64), 0, len(cases) - 1) == n  # clamped by XLA
            here = here.reshape((1,) * rank) if here.ndim != rank else here
        low, high = low | (here & case.low), high | (here & case.high)
    return Extremes(compressed(low), compressed(high))
