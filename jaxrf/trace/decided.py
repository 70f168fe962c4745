"""Elements of a value that are known although others depend on the input: what masks decide.

A causal mask sets scores to minus infinity where it forbids; after the softmax those weights are
zero whatever the input, and what they would weigh is not looked at. Masks as models write them are
often finite (``finfo.min``): magnitudes of 1e30 and more count as infinite, so that the statement
holds for activations below that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import jax
import numpy as np

from jaxrf.solve.reshape import reshape_broadcastable
from jaxrf.trace.evaluate import evaluate

if TYPE_CHECKING:
    from jaxrf.trace.program import Equation, Program

__all__ = ["Decided", "compressed", "decided", "infinite"]

_HUGE = 1e30
_UNARY = """
abs ceil convert_element_type copy exp exp2 expm1 floor integer_pow is_finite log log1p logistic
name neg not round sign sqrt square stop_gradient tanh
""".split()
_BINARY = "add sub mul div max min and or".split()


@dataclass(frozen=True, eq=False)
class Decided:
    """The known elements of a value.

    Attributes:
        mask: bool, broadcastable to the value: which elements are known.
        values: of the same shape as ``mask``; meaningless elsewhere.
    """

    mask: np.ndarray
    values: np.ndarray


def decided(program: Program, number: int) -> Decided | None:
    """The known elements of a value, None where there are none or they cannot be told."""
    memo = program.decided
    if number not in memo:
        memo[number] = None  # while it is being found out
        memo[number] = _found(program, number)
    return memo[number]


def _found(program: Program, number: int) -> Decided | None:
    if (known := program.fold(number)) is not None:
        known = _huge(np.asarray(known))
        return Decided(np.ones((1,) * known.ndim, bool), known)
    equation = program.made.get(number)
    if equation is None:
        return None
    name = equation.name
    if name == "select_n":
        found = _select(program, equation)
    elif name in _UNARY:
        found = _through(equation, decided(program, equation.inputs[0]))
    elif name in _BINARY:
        found = _binary(program, equation)
    elif name in ("broadcast_in_dim", "transpose", "reshape", "squeeze", "expand_dims"):
        found = _moved(equation, decided(program, equation.inputs[0]))
    else:
        return None
    return found if found is not None and found.mask.any() else None


def infinite(values: np.ndarray) -> np.ndarray:
    """Where values are infinite, or finite stand-ins for it."""
    if not jax.dtypes.issubdtype(values.dtype, np.floating):
        return np.zeros(values.shape, bool)
    return np.abs(values.astype(np.float64)) >= _HUGE


def _huge(values: np.ndarray) -> np.ndarray:
    """Finite stand-ins for infinity, as infinity."""
    if not jax.dtypes.issubdtype(values.dtype, np.floating):
        return values
    return np.where(infinite(values), np.copysign(np.inf, values.astype(float)), values)


def _select(program: Program, eq: Equation) -> Decided | None:
    """Of every case its part, where the predicate is known."""
    which = program.fold(eq.inputs[0])
    if which is None:
        return None
    rank = len(eq.out_shapes[0])
    which = np.reshape(which, (1,) * rank) if np.ndim(which) == 0 else np.asarray(which)
    which = compressed(np.clip(which, 0, len(eq.inputs) - 2).astype(np.intp))
    masks, values = [], []
    for number in eq.inputs[1:]:
        case = decided(program, number)
        masks.append(np.zeros((1,) * rank, bool) if case is None else case.mask)
        values.append(np.zeros((1,) * rank) if case is None else case.values)
    return Decided(_chosen(which, masks), _chosen(which, values))


def _chosen(which: np.ndarray, cases: list[np.ndarray]) -> np.ndarray:
    picked = (np.where(which == n, case, 0) for n, case in enumerate(cases))
    total = reduce(np.add, picked)
    return total.astype(bool) if cases[0].dtype == bool else total


def compressed(array: np.ndarray) -> np.ndarray:
    """Length 1 along every dimension that nothing varies along."""
    for d in range(array.ndim):
        if array.shape[d] > 1 and (array == array.take([0], d)).all():
            array = array.take([0], d)
    return array


def _through(eq: Equation, part: Decided | None) -> Decided | None:
    if part is None:
        return None
    results = evaluate(eq, [np.where(part.mask, part.values, 1)])
    return None if results is None else Decided(part.mask, results[0])


def _binary(program: Program, eq: Equation) -> Decided | None:
    """Where both sides are known, and where one of them decides alone."""
    sides = [decided(program, n) for n in eq.inputs]
    if None in sides and not any(side is not None and _decides(side) for side in sides):
        return None
    rank = len(eq.out_shapes[0])
    none = Decided(np.zeros((1,) * rank, bool), np.zeros((1,) * rank))
    a, b = (_ranked(side, rank) if side is not None else none for side in sides)
    both = a.mask & b.mask
    values = np.zeros((1,) * rank)
    if both.any():
        plain = [np.where(side.mask, side.values, 1) for side in (a, b)]
        results = evaluate(eq, plain)
        if results is None:
            return None
        values = results[0]
    mask, values = both, np.where(both, values, 0)
    if eq.name in ("add", "sub"):
        signs = (1, 1 if eq.name == "add" else -1)
        for side, sign in zip((a, b), signs, strict=True):
            alone = side.mask & np.isinf(side.values) & ~mask
            mask, values = mask | alone, np.where(alone, sign * side.values, values)
    if eq.name in ("mul", "div"):
        for side in (a, b)[: 2 if eq.name == "mul" else 1]:
            alone = side.mask & (side.values == 0) & ~mask
            mask, values = mask | alone, np.where(alone, 0, values)
    return Decided(mask, values)


def _decides(part: Decided) -> bool:
    """Whether some element can decide a result alone: a zero, or an infinity."""
    return bool((part.mask & ((part.values == 0) | np.isinf(part.values))).any())


def _ranked(part: Decided, rank: int) -> Decided:
    """A scalar beside an array."""
    if part.mask.ndim == rank:
        return part
    return Decided(part.mask.reshape((1,) * rank), part.values.reshape((1,) * rank))


def _moved(eq: Equation, part: Decided | None) -> Decided | None:
    if part is None:
        return None
    return Decided(_move(eq, part.mask), _move(eq, part.values))


def _move(eq: Equation, array: np.ndarray) -> np.ndarray:
    """Like the value itself, kept broadcastable."""
    before, after, p = eq.in_shapes[0], eq.out_shapes[0], eq.params
    array = np.broadcast_to(array, np.broadcast_shapes(array.shape, (1,) * len(before)))
    if eq.name == "transpose":
        return array.transpose(p["permutation"])
    if eq.name == "broadcast_in_dim":
        shape = [1] * len(after)
        for source, target in enumerate(p["broadcast_dimensions"]):
            shape[target] = array.shape[source]
        return array.reshape(shape)
    return reshape_broadcastable(array, before, after, lead=0)
