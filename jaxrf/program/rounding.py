"""Decisions by rounding: known floats that are cut to whole numbers, or compared, at a border.

The compiled program does not compute as its equations say. XLA divides by a constant by multiplying
with the reciprocal, multiplies constants with each other first, fuses products and sums, keeps
float16 in float32 for a while, has sines and logarithms of its own. So a known float is known up to
a few units in the last place; where it is compared, or rounded to a whole number that is an index,
the outcome may be another one: ``floor(i / 7 * 7)`` is i or i - 1.

To find such places, known values are computed several times, each time with every inexact result
moved a little. Moving alone makes no difference that counts: it takes a comparison or a rounding, a
*cut*, in between. Two things are not moved. What is exact in any order (whole numbers, halves,
powers of two); and what a cut sees of one correctly rounded operation on exact numbers,
``floor(i * 0.3)``, which every program computes alike. Further arithmetic sees that moved as well.
What the outcome is where it is in doubt, the compiler is asked (:mod:`jaxrf.program.compiled`), if
nothing but sums, products and quotients of two numbers led there: positions of resized pixels. How
it adds up many numbers, and what its sine is, depends on what stands around them; then all outcomes
that were found count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.program import primitives
from jaxrf.program.equation import Equation
from jaxrf.program.evaluate import evaluate

__all__ = ["Alternatives", "agreed", "cuts", "is_float", "is_settled", "moved"]

_ULPS = 4  # by which every inexact result is moved
_RUNS = 4  # all up, all down, and two of mixed signs, opposite ones
_CUTS = frozenset("floor ceil round sign rem sort nextafter".split())  # from floats to floats
_ONCE = {"add": np.add, "mul": np.multiply, "square": np.square, "sub": np.subtract}
_SUMS = frozenset("cumsum dot_general reduce_sum reduce_window_sum scatter-add".split())


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Values that other compiled programs may compute instead of a known one.

    Attributes:
        cut: ``_RUNS`` arrays, as a cut sees the value.
        further: the same, as further arithmetic sees it.
    """

    cut: list[np.ndarray]
    further: list[np.ndarray]


def is_float(value: np.ndarray) -> bool:
    """Whether an array is of floats, the short ones of machine learning included."""
    return jax.dtypes.issubdtype(value.dtype, np.floating)


def cuts(equation: Equation, operands: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> bool:
    """Whether an equation decides something by floats: compares, rounds, sorts."""
    if equation.name in _CUTS:
        return True
    return any(map(is_float, operands)) and not all(map(is_float, results))


def is_settled(equation: Equation) -> bool:
    """Whether the compiler computes it alike wherever it stands, but for constants beside it."""
    return equation.name in (*primitives.exact(), *_ONCE, *_CUTS, "convert_element_type", "div")


def moved(
    equation: Equation,
    operands: Sequence[np.ndarray],
    results: Sequence[np.ndarray],
    others: Sequence[Alternatives | None],
) -> list[Alternatives | None]:
    """The results of an equation as other roundings make them.

    Args:
        equation: what is computed.
        operands: its operands as they are known.
        results: its results on them.
        others: of every operand, what else it may be; None where it is what it is.

    Returns:
        One per result, None where nothing can be different.
    """
    cut = cuts(equation, operands, results)
    loose = [None if cut else _loose(equation, operands, result) for result in results]
    if all(other is None for other in others):
        return [_first(equation, operands, *each) for each in zip(results, loose, strict=True)]
    views = (
        ("cut",)
        if cut
        else ("cut", "further")
        if equation.name in primitives.exact()
        else ("further",)
    )
    seen = []
    for view in views:
        runs = []
        for k in range(_RUNS):
            inputs = [
                x if other is None else getattr(other, view)[k]
                for x, other in zip(operands, others, strict=True)
            ]
            made = evaluate(equation, inputs)
            if made is None:
                return [None] * len(results)
            runs.append([_nudged(r, k, where) for r, where in zip(made, loose, strict=True)])
        seen.append([list(column) for column in zip(*runs, strict=True)])
    return [Alternatives(*pair) for pair in zip(seen[0], seen[-1], strict=True)]


def _first(
    equation: Equation, operands: Sequence[Any], result: np.ndarray, loose: np.ndarray | None
) -> Alternatives | None:
    """The alternatives of results that are computed from certain numbers."""
    if loose is None or not loose.any():
        return None
    unsteady = loose & ~_steady(equation, operands, result)
    return Alternatives(
        *([_nudged(result, k, where) for k in range(_RUNS)] for where in (unsteady, loose))
    )


def agreed(value: np.ndarray, alternatives: Sequence[np.ndarray]) -> np.ndarray:
    """Bool, of the shape of a value: where all alternatives are the same up to moving."""
    same = np.ones(value.shape, bool)
    for other in alternatives:
        if not is_float(value):
            same &= other == value
            continue
        a, b = value.astype(np.float64), other.astype(np.float64)
        eps = float(jnp.finfo(value.dtype).eps)
        with np.errstate(all="ignore"):
            largest = np.abs(a[np.isfinite(a)]).max(initial=0)
            near = np.abs(a - b) <= eps * (64 * np.abs(a) + 8 * largest)
        same &= near | (a == b) | (np.isnan(a) & np.isnan(b))
    return same


def _nudged(value: np.ndarray, k: int, where: np.ndarray | None) -> np.ndarray:
    """Floats, a few units in the last place off where that is said."""
    if where is None or not is_float(value):
        return value
    signs: np.ndarray = np.ones(value.shape)
    if k >= 2:
        signs = np.random.default_rng(value.size).choice([-1.0, 1.0], value.shape)
    step = _ULPS * float(jnp.finfo(value.dtype).eps) * (signs if k % 2 == 0 else -signs)
    with np.errstate(all="ignore"):
        return np.asarray(value.astype(np.float64) * (1 + step * where)).astype(value.dtype)


def _loose(
    equation: Equation, operands: Sequence[np.ndarray], result: np.ndarray
) -> np.ndarray | None:
    """Bool of a result's shape: where it depends on the way of computing; None: nowhere."""
    name = equation.name
    if not is_float(result) or name in primitives.exact() or not operands:
        return None
    everywhere = np.ones(result.shape, bool)
    if result.dtype == np.float64:  # no wider arithmetic to hold it to
        exact = name in (*_ONCE, *_SUMS) and all(map(_few_digits, (*operands, result)))
        return None if exact else everywhere
    if name in _SUMS:
        return None if all(map(_few_digits, (*operands, result))) else everywhere
    wide = [x.astype(np.float64) for x in operands]
    with np.errstate(all="ignore"):
        if name in _ONCE:
            return _differs(_ONCE[name](*wide), result)
        if name == "convert_element_type":
            return _differs(wide[0], result)
        if name == "div":
            halved = (np.abs(np.frexp(wide[1])[0]) == 0.5) | (wide[0] == 0)  # powers of two
            loose: np.ndarray = ~halved | _differs(wide[0] / wide[1], result)
            return loose
    return everywhere


def _steady(equation: Equation, operands: Sequence[np.ndarray], result: np.ndarray) -> np.ndarray:
    """Bool of a result's shape: where one rounding of exact numbers is the same everywhere."""
    if result.dtype not in (np.float32, np.float64):  # short floats are kept in longer ones
        return np.zeros(result.shape, bool)
    if equation.name == "div":
        with np.errstate(all="ignore"):
            return np.asarray(operands[0] * (1 / operands[1]) == result)
    return np.full(result.shape, equation.name in (*_ONCE, "convert_element_type", "sqrt"))


def _differs(wide: np.ndarray, result: np.ndarray) -> np.ndarray:
    narrow = result.astype(np.float64)
    return np.asarray((wide != narrow) & ~(np.isnan(wide) & np.isnan(narrow)))


def _few_digits(value: np.ndarray) -> bool:
    """Whether sums and products of such numbers are exact in any order: small halves of halves."""
    if not is_float(value):
        return True
    limit = 2.0 ** (jnp.finfo(value.dtype).nmant // 2 - 1)
    scaled = value.astype(np.float64) * 4
    return bool((np.isfinite(scaled) & (np.round(scaled) == scaled) & (abs(scaled) < limit)).all())
