"""An operation in the user's words: "mean", "softmax attention", "FFT"; not ``reduce_max``.

What an operation is for shows in what is done with its result: a maximum that is subtracted before
an exponential belongs to a softmax, a sum that is divided by a number is a mean. Only few equations
are ever asked for, so the program is searched from each.
"""

from __future__ import annotations

from collections.abc import Iterator

from jaxrf.program.compat import words_of_callback
from jaxrf.program.equation import Equation
from jaxrf.program.offset_positions import reads_offset_positions
from jaxrf.program.primitives import handing_on, of_kind, products
from jaxrf.program.program import Program

__all__ = ["label", "words"]

# Primitives whose own name is not what people call them.
_NAMES = {
    "argmax": "argmax",
    "argmin": "argmin",
    "conv_general_dilated": "convolution",
    "cumlogsumexp": "cumulative log-sum-exp",
    "cummax": "cumulative maximum",
    "cummin": "cumulative minimum",
    "cumprod": "cumulative product",
    "cumsum": "cumulative sum",
    "dynamic_slice": "slice at a computed place",
    "dynamic_update_slice": "update at a computed place",
    "fft": "FFT",
    "reduce_and": "all",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_or": "any",
    "reduce_prod": "product",
    "reduce_sum": "sum",
    "reduce_window_max": "max pooling",
    "reduce_window_min": "min pooling",
    "reduce_window_sum": "sum pooling",
    "select_n": "selection",
    "top_k": "top k",
}

# What hands a value on without making something else of it.
_SAME = handing_on() | set(of_kind("move", "join"))
_FAR = 200  # equations that a search looks at, at most


def words(program: Program, equation: Equation) -> str:
    """The common name of an operation, from its primitive and the program around it.

    >>> import jax.numpy as jnp
    >>> from jaxrf.program.trace import trace
    >>> program = trace(lambda x: x - jnp.mean(x, 1, keepdims=True), (1, 8, 1)).program
    >>> [words(program, equation) for equation in program.equations][:2]
    ['mean', 'broadcast_in_dim']
    """
    name = equation.name
    if name == "reduce_max" and (found := _softmax_of(program, equation)):
        return found
    if name == "reduce_sum":
        if _made_by(program, equation.inputs[0], ("exp", "exp2")):
            return _softmax_from(program, equation.inputs[0])
        if found := _statistics(program, equation):
            return found
        return "mean" if _is_divided(program, equation) else "sum"
    if name == "reduce_window_sum":
        return "average pooling" if _is_divided(program, equation) else "sum pooling"
    if name in products():
        return _product(program, equation)
    if name == "pure_callback":
        return words_of_callback(equation) or name
    if reads_offset_positions(program, equation):
        return f"{name} at places that the data move"
    return _NAMES.get(name, name)


def label(program: Program, equation: Equation) -> str:
    """The operation in words, with its scope and source line, for messages."""
    parts = (equation.scope, equation.source and f"at {equation.source}")
    place = " ".join(part for part in parts if part)
    return f"{words(program, equation)} ({place})" if place else words(program, equation)


def _softmax_of(program: Program, maximum: Equation) -> str | None:
    """The softmax that a maximum makes safe: it is subtracted before the exponential."""
    for subtraction in _readers(program, maximum.outputs[0], ("max", "select_n")):
        if subtraction.name == "sub":
            for power in _readers(program, subtraction.outputs[0], ("select_n", "mul")):
                if power.name in ("exp", "exp2"):
                    return _softmax_from(program, power.outputs[0])
    return None


def _softmax_from(program: Program, power: int) -> str:
    """The softmax or attention that exponentials of scores belong to, by what they weigh."""
    through = ("div", "mul", "select_n", "integer_pow")
    readers = list(_readers(program, power, through))
    if any(_is_product(program, eq) for eq in readers):
        return "softmax attention"
    sums = (eq for eq in readers if eq.name == "reduce_sum")
    if any(
        eq.name == "log"
        for total in sums
        for eq in _readers(program, total.outputs[0], ("abs", "select_n"))
    ):
        return "log-sum-exp"
    return "softmax"


def _product(program: Program, product: Equation) -> str:
    if not _is_product(program, product):
        weight = next(n for n in product.inputs if n not in program.dependent)
        return "matrix product" if program.fold(weight) is not None else "linear layer"
    through = ("div", "mul", "select_n", "integer_pow")
    for number in product.inputs:
        if _made_by(program, number, ("exp", "exp2"), through):
            return "softmax attention"
    return "matrix product"


def _is_product(program: Program, equation: Equation) -> bool:
    """Whether it multiplies two things that the input can influence."""
    return equation.name in products() and program.dependent.issuperset(equation.inputs)


def _statistics(program: Program, total: Equation) -> str | None:
    """The statistics of a normalisation: sums that end in the root of a mean of squares.

    Told apart by the order of subtraction (s), squaring (q) and a further sum (r) on the way: the
    variance is the mean of (x - mean)^2, "sqr", or the mean of x^2 minus the mean squared, "qs";
    what has lost its mean may be divided by a root that was computed apart, "s/".
    """
    squares = _is_square(program, total.inputs[0])
    ways = _ways_to_root(program, total.outputs[0])
    if squares:
        if "s" in ways:
            return "mean and variance"
        if "" in ways:
            return "root mean square" if _is_divided(program, total) else "norm"
        return None
    return "mean and variance" if not ways.isdisjoint(("sqr", "qs", "s/")) else None


def _ways_to_root(program: Program, number: int) -> set[str]:
    """The steps between a sum and the square roots that follow it."""
    found: set[str] = set()
    seen: set[tuple[int, str]] = set()
    todo = [(number, "")]
    while todo and len(seen) < _FAR:
        here, way = todo.pop()
        if (here, way) in seen or len(way) > 3:
            continue
        seen.add((here, way))
        for eq in program.readers.get(here, ()):
            if eq.name in ("sqrt", "rsqrt") or (eq.name == "pow" and _by_constant(program, eq)):
                found.add(way)
            elif eq.name == "sub":
                todo.append((eq.outputs[0], way + "s"))
            elif _squares(eq):
                todo.append((eq.outputs[0], way + "q"))
            elif eq.name == "reduce_sum" and "q" in way:
                todo.append((eq.outputs[0], way + "r"))
            elif eq.name in _SAME or (
                eq.name in ("div", "mul", "add", "max", "select_n") and _by_constant(program, eq)
            ):
                todo.append((eq.outputs[0], way))
            elif eq.name in ("div", "mul") and any(
                _made_by(program, n, ("sqrt", "rsqrt"), ("mul",)) for n in eq.inputs if n != here
            ):
                found.add(way + "/")
    return found


def _by_constant(program: Program, equation: Equation) -> bool:
    """Whether all but one operand are out of the input's reach: a count, an epsilon."""
    return sum(n in program.dependent for n in equation.inputs) == 1


def _squares(equation: Equation) -> bool:
    same = equation.name == "mul" and equation.inputs[0] == equation.inputs[1]
    power = equation.name == "integer_pow" and equation.params["y"] == 2
    return same or power or equation.name == "square"


def _is_square(program: Program, number: int) -> bool:
    """Whether a value is the square of another, other than by its shape."""
    made = _origin(program, number, ())
    return made is not None and _squares(made)


def _is_divided(program: Program, total: Equation) -> bool:
    """Whether a sum is divided by a number that does not depend on the input."""
    return any(
        eq.name in ("div", "mul") and _by_constant(program, eq)
        for eq in _readers(program, total.outputs[0], ())
    )


def _readers(program: Program, number: int, through: tuple[str, ...]) -> Iterator[Equation]:
    """The equations that read a value, as it is or behind what hands it on or is in ``through``."""
    seen, todo = {number}, [number]
    while todo and len(seen) < _FAR:
        for eq in program.readers.get(todo.pop(0), ()):
            yield eq
            if eq.name in _SAME or eq.name in through:
                todo += [n for n in eq.outputs if n not in seen]
                seen.update(eq.outputs)


def _made_by(
    program: Program, number: int, names: tuple[str, ...], through: tuple[str, ...] = ()
) -> bool:
    """Whether a value comes from one of these primitives, followed backward."""
    made = _origin(program, number, through)
    return made is not None and made.name in names


def _origin(program: Program, number: int, through: tuple[str, ...]) -> Equation | None:
    """The equation that made a value, behind what only hands on its first dependent operand."""
    made = program.made.get(number)
    while made is not None and (made.name in _SAME or made.name in through):
        operands = [n for n in made.inputs if n in program.dependent]
        made = program.made.get(operands[0]) if operands else None
    return made
