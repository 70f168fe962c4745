"""Elements of a value that are known although others depend on the input: what masks decide.

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
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
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

__all__ = ["PartialConstant", "partial_constant"]

_ASKED = "partial constants"


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
    memo = program.found(_ASKED)

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
    found = program.found(_ASKED)
    parts = [found[n] for n in equation.inputs]
    if all(part is None for part in parts):
        return None
    if decides(equation.name) == "moved":
        return _moved(equation, parts)
    if equation.name == "select_n":
        which = program.fold(equation.inputs[0])
        if which is not None:
            parts[0] = PartialConstant(np.ones((1,) * which.ndim, bool), compressed(which))
        return _selected(equation, parts)
    return _elementwise(program, equation, parts)


def _moved(eq: Equation, parts: list[PartialConstant | None]) -> PartialConstant | None:
    """The same elements elsewhere."""
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


def _selected(eq: Equation, parts: list[PartialConstant | None]) -> PartialConstant | None:
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
    same: np.ndarray = (
        (a == b) & (np.signbit(a) == np.signbit(b)) if a.dtype.kind == "f" else a == b
    )
    return same


def _elementwise(
    program: Program, eq: Equation, parts: list[PartialConstant | None]
) -> PartialConstant | None:
    """Where all operands are known, what the primitive makes of them; else who decides alone."""
    rank = len(eq.out_shapes[0])
    ranked = [None if part is None else _ranked(part, rank) for part in parts]
    mask: np.ndarray = np.zeros((1,) * rank, bool)
    values = None
    known = [part for part in ranked if part is not None]
    if len(known) == len(ranked):
        both = known[0].mask
        for part in known[1:]:
            both = both & part.mask
        if both.any():
            mask, values = both, _evaluated(eq, known)
            if values is None:
                return None
    for n, side in enumerate(ranked):
        if side is None or len(ranked) != 2:
            continue
        if all(length == 1 for length in eq.in_shapes[n]):
            continue  # a single number may be a learned scale, stored while it was zero
        found = _alone(eq.name, n, side.values)
        if found is None:
            continue
        here, result = found
        here = here & side.mask & ~mask
        if decides(eq.name) == "large" and here.any():
            here = here & (np.isinf(side.values) | _moderate(program, eq.inputs[1 - n], rank))
        if here.any():
            values = result if values is None else np.where(here, result, values)
            mask = mask | here
    return None if values is None else PartialConstant(mask, values)


def _evaluated(eq: Equation, parts: list[PartialConstant]) -> np.ndarray | None:
    """The primitive on known elements; what stands in for the others is not looked at."""
    plain = [np.where(part.mask, part.values, np.ones((), part.values.dtype)) for part in parts]
    results = evaluate(eq, np.broadcast_arrays(*plain))
    return None if results is None else results[0]


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
    """Where a value is an activation, which a large number absorbs."""
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
