"""Partial constants: known elements of values whose other elements depend on the input (masks).

A causal mask sets scores to minus infinity where it forbids; after the softmax those weights are
zero whatever the input, and what they would weigh is not looked at. A partly known value is an
array in the dtype of the value, and where all operands of an equation are known the primitive
itself says what comes of them: ``log(finfo.max)`` is a number, ``uint8(0) - 1`` is 255.

One operand decides alone where the arithmetic lets it, whatever the other one is: zero times
anything (finite), False and anything, the largest number and ``max``. Masks as models write them
are often finite (``finfo.min``, -1e30). A number from ``LARGE`` on absorbs the activation that is
added to it: the sum is the same number in its own arithmetic as long as the activation stays below
its last digit (1e16 in float32). So such a mask stays what it is until an ``exp`` makes it zero.
What may be as large itself is no activation (:mod:`jaxrf.program.magnitude`) and is not absorbed.

A float that was computed has other last digits in a compiled program. Where it is rounded to a
whole number or compared, they may decide, and the outcome is not known
(:mod:`jaxrf.program.rounding`). Nor is zero times x, where the program tells -0.0 from 0.0
(:mod:`jaxrf.program.signs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.program.broadcast import compressed, move
from jaxrf.program.equation import Equation
from jaxrf.program.evaluate import evaluate
from jaxrf.program.magnitude import LARGE, extremes
from jaxrf.program.primitives import decides, decides_alone
from jaxrf.program.program import Program
from jaxrf.program.reading import resolve
from jaxrf.program.rounding import Alternatives, agreed, cuts, moved
from jaxrf.program.signs import sign_is_told

__all__ = ["PartialConstant", "partial_constant", "settled"]

_ASKED = "partial constants"
_ELSEWHERE = "partial constants elsewhere"
_HANDS_ON = ("moved", "predicate")  # elements as they are


@dataclass(frozen=True, eq=False)
class PartialConstant:
    """The known elements of a value.

    Attributes:
        mask: bool, broadcastable to the value: which elements are known.
        values: broadcastable likewise, in the dtype of the value; meaningless elsewhere.
    """

    mask: np.ndarray
    values: np.ndarray


def partial_constant(program: Program, number: int) -> PartialConstant | None:
    """The known elements of a value, None where there are none or they cannot be told."""
    memo = program.findings(_ASKED)

    def make(last: int) -> None:
        found = _found(program, last)
        memo[last] = found if found is not None and found.mask.any() else None

    found: PartialConstant | None = resolve(number, memo, partial(_asked, program), make)
    return found


def _asked(program: Program, number: int) -> tuple[int, ...]:
    """The values whose known elements those of a value follow from."""
    equation = program.made.get(number)
    if equation is None or program.folding.fact(number) is not None:
        return ()
    return equation.inputs if decides(equation.name) else ()


def _found(program: Program, number: int) -> PartialConstant | None:
    if (known := program.folding.fact(number)) is not None:
        return PartialConstant(*map(compressed, known))
    equation = program.made.get(number)
    if equation is None or not _asked(program, number):
        return None
    found = program.findings(_ASKED)
    parts = [found[n] for n in equation.inputs]
    if all(part is None for part in parts):
        return None
    if decides(equation.name) in _HANDS_ON:
        return _handed_on(program, equation, parts)
    return _elementwise(program, equation, parts)


def _handed_on(
    program: Program, eq: Equation, parts: Sequence[PartialConstant | None]
) -> PartialConstant | None:
    """The same elements elsewhere, or those of the chosen case."""
    if eq.name != "select_n":
        return _moved(eq, parts)
    which = program.fold(eq.inputs[0])
    if which is not None:
        first = PartialConstant(np.ones((1,) * which.ndim, bool), compressed(which))
        parts = [first, *parts[1:]]
    return _selected(eq, parts)


def _moved(eq: Equation, parts: Sequence[PartialConstant | None]) -> PartialConstant | None:
    """The known elements of an operand, moved as the equation moves them."""
    like = next(part for part in parts if part is not None).values.dtype
    unknown = PartialConstant(np.zeros((), bool), np.zeros((), like))
    whole = [
        (unknown.mask.reshape((1,) * len(shape)), unknown.values.reshape((1,) * len(shape)))
        if part is None
        else (part.mask, part.values)
        for part, shape in zip(parts, eq.in_shapes, strict=True)
    ]
    masks = move(eq, [mask for mask, _ in whole])
    values = move(eq, [values for _, values in whole])
    return None if masks is None or values is None else PartialConstant(masks, values)


def _selected(eq: Equation, parts: Sequence[PartialConstant | None]) -> PartialConstant | None:
    """The chosen case where the predicate is known; elsewhere what all cases agree on."""
    rank = len(eq.out_shapes[0])
    which, *cases = [None if part is None else _ranked(part, rank) for part in parts]
    known = [case for case in cases if case is not None]
    if not known:
        return None
    unknown = PartialConstant(
        np.zeros((1,) * rank, bool), np.zeros((1,) * rank, known[0].values.dtype)
    )
    full = [case or unknown for case in cases]
    agreed = full[0].mask
    for other in full[1:]:
        agreed = agreed & other.mask & _same(other.values, full[0].values)
    mask, values = agreed, full[0].values
    if which is not None:
        index = np.clip(which.values.astype(np.int64), 0, len(cases) - 1)  # clamped by XLA
        for n, chosen in enumerate(full):
            here = which.mask & (index == n)
            mask = np.where(here, chosen.mask, mask)
            values = np.where(here, chosen.values, values)
    return PartialConstant(compressed(mask), compressed(values))


def _same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Equal, the sign of zero included."""
    if np.iscomplexobj(a):
        both: np.ndarray = _same(a.real, b.real) & _same(a.imag, b.imag)
        return both
    same: np.ndarray = a == b
    if jax.dtypes.issubdtype(a.dtype, np.floating):  # the short ones are no "f" to numpy
        same = same & (np.signbit(a) == np.signbit(b))
    return same


def _elementwise(
    program: Program, eq: Equation, parts: list[PartialConstant | None]
) -> PartialConstant | None:
    """Evaluate where all operands are known; elsewhere keep what one operand decides alone."""
    rank = len(eq.out_shapes[0])
    ranked = [None if part is None else _ranked(part, rank) for part in parts]
    both = mask = np.zeros((1,) * rank, bool)
    values = None
    known = [part for part in ranked if part is not None]
    if len(known) == len(ranked):
        both = known[0].mask
        for part in known[1:]:
            both = both & part.mask
        if both.any():
            values = _evaluated(eq, known)
            if values is None:
                return None
            mask = both & _settled(program, eq, known, values)
    for n, side in enumerate(ranked):
        if side is None or len(ranked) != 2:
            continue
        if "zero" in (decides(eq.name) or "").split() and sign_is_told(program, eq.outputs[0]):
            continue
        if all(length == 1 for length in eq.in_shapes[n]):
            continue  # a single number may be a learned scale, stored while it was zero
        found = _alone(eq.name, n, side.values)
        if found is None:
            continue
        here, result = found
        here = here & side.mask & ~both
        if decides(eq.name) in ("large", "highest", "lowest") and here.any():
            here = here & (np.isinf(side.values) | _moderate(program, eq.inputs[1 - n], rank))
        if here.any():
            values = result if values is None else np.where(here, result, values)
            mask = mask | here
    return None if values is None else PartialConstant(mask, values)


def _evaluated(eq: Equation, parts: list[PartialConstant]) -> np.ndarray | None:
    """The primitive on known elements; what stands in for the others is not looked at."""
    results = evaluate(eq, np.broadcast_arrays(*map(_filled, parts)))
    return None if results is None else results[0]


def _filled(part: PartialConstant) -> np.ndarray:
    """The known elements, ones in the place of the others."""
    return np.where(part.mask, part.values, np.ones((), part.values.dtype))


def settled(program: Program, eq: Equation) -> np.ndarray:
    """Where the last digits of known operands do not decide a result, broadcastable to it."""
    rank = len(eq.out_shapes[0])
    parts = [partial_constant(program, n) for n in eq.inputs]
    known = [_ranked(part, rank) for part in parts if part is not None]
    values = _evaluated(eq, known) if len(known) == len(parts) else None
    return np.ones((1,) * rank, bool) if values is None else _settled(program, eq, known, values)


def _settled(
    program: Program, eq: Equation, parts: list[PartialConstant], values: np.ndarray
) -> np.ndarray:
    everywhere = np.ones((1,) * values.ndim, bool)
    if not cuts(eq, [part.values for part in parts], [values]):
        return everywhere
    found = _moved_a_little(eq, parts, values, [_elsewhere(program, n) for n in eq.inputs])
    return agreed(values, found.cut) if found else everywhere


def _moved_a_little(
    eq: Equation,
    parts: list[PartialConstant],
    values: np.ndarray,
    others: list[Alternatives | None],
) -> Alternatives | None:
    """The results of an equation on known elements as other roundings make them."""
    plain, rank = [_filled(part) for part in parts], values.ndim
    arrays = [a for other in others if other for a in (*other.cut, *other.further)]
    shape = np.broadcast_shapes(*(a.shape for a in (*plain, *arrays)))
    shape = (1,) * (rank - len(shape)) + shape

    def wide(runs: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [np.broadcast_to(a, shape) for a in runs]

    spread = [other and Alternatives(wide(other.cut), wide(other.further)) for other in others]
    return moved(eq, wide(plain), wide([values]), spread)[0]


def _elsewhere(program: Program, number: int) -> Alternatives | None:
    """The known elements of a value as other roundings make them; None where they make the same."""
    memo = program.findings(_ELSEWHERE)

    def make(last: int) -> None:
        memo[last] = _found_elsewhere(program, last)

    found: Alternatives | None = resolve(number, memo, partial(_asked, program), make)
    return found


def _found_elsewhere(program: Program, number: int) -> Alternatives | None:
    if program.folding.fact(number) is not None:
        return program.folding.elsewhere(number)
    part, equation = partial_constant(program, number), program.made.get(number)
    if part is None or equation is None:
        return None
    others = [program.findings(_ELSEWHERE)[n] for n in equation.inputs]
    if all(other is None for other in others) and decides(equation.name) in _HANDS_ON:
        return None
    parts = [partial_constant(program, n) for n in equation.inputs]
    known = [_ranked(p, part.mask.ndim) for p in parts if p is not None]
    if decides(equation.name) in _HANDS_ON:
        made = _handed_on_elsewhere(program, equation, parts, others)
    elif len(known) == len(parts):
        made = _moved_a_little(equation, known, part.values, others)
    else:
        return None  # one operand decides alone: by zero, or by a number that has no last digits
    if made is None or decides(equation.name) in _HANDS_ON:
        return made
    both = reduce(np.logical_and, [p.mask for p in known])
    return Alternatives(
        *([np.where(both, a, part.values) for a in v] for v in (made.cut, made.further))
    )


def _handed_on_elsewhere(
    program: Program,
    eq: Equation,
    parts: Sequence[PartialConstant | None],
    others: Sequence[Alternatives | None],
) -> Alternatives | None:
    """What is handed on as other roundings make it."""
    runs: list[list[np.ndarray]] = []
    for view in ("cut", "further"):
        versions = zip(*(getattr(other, view) for other in others if other), strict=True)
        runs.append([])
        for version in versions:
            given = iter(version)
            changed = [
                PartialConstant(part.mask, next(given)) if part and other else part
                for part, other in zip(parts, others, strict=True)
            ]
            found = _handed_on(program, eq, changed)
            if found is None:
                return None
            runs[-1].append(found.values)
    return Alternatives(*runs)


def _alone(name: str, n: int, known: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(where operand n decides the result whatever the other one is, that result)."""
    floats = jax.dtypes.issubdtype(known.dtype, np.floating)
    how = decides(name) if decides_alone(name, floats=floats) else None
    zero = np.zeros_like(known)
    if how in ("zero", "zero bits") or (how == "zero or infinity" and n == 0):
        return known == 0, zero
    if how == "zero or infinity":
        return np.isinf(known), zero
    if how == "one bits":
        return known == ~zero, known
    if how == "large":
        result = -known if (name, n) == ("sub", 1) else known
        return np.abs(known.astype(np.float64)) >= LARGE, result
    if how in ("highest", "lowest") and not np.iscomplexobj(known):
        lowest, highest = _range(known.dtype)
        return (known >= highest if how == "highest" else known <= lowest), known
    return None


def _moderate(program: Program, number: int, rank: int) -> np.ndarray:
    """Bool: where a value is an activation, which a large number absorbs."""
    found = extremes(program, number)
    if found is None:
        return np.ones((1,) * rank, bool)
    large = found.low | found.high
    moderate: np.ndarray = ~(large if large.ndim == rank else large.reshape((1,) * rank))
    return moderate


def _range(dtype: Any) -> tuple[Any, Any]:
    """The smallest and the largest number."""
    if np.issubdtype(dtype, np.bool_):
        return False, True
    info = jnp.finfo(dtype) if jax.dtypes.issubdtype(dtype, np.floating) else jnp.iinfo(dtype)
    return info.min, info.max


def _ranked(part: PartialConstant, rank: int) -> PartialConstant:
    """A scalar beside an array."""
    if part.mask.ndim == rank:
        return part
    return PartialConstant(part.mask.reshape((1,) * rank), part.values.reshape((1,) * rank))
