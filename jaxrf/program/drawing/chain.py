"""Elementwise chains: what an initialiser makes of random bits, whatever the shape.

Almost every initialiser draws bits and makes numbers of them element by element: uniform, normal or
truncated numbers, times a factor. Such a chain is the same function of a flat array, so that one
compilation serves leaves of all shapes. The factor of the last product is an argument, since it
differs from layer to layer.

The numbers are the same to the bit as those of the whole initialiser, compiled at once, as long as
the compiler makes the same of the same chain. It contracts a product and a sum into one operation,
and multiplies constants beforehand: so the chain is compiled in one piece, with its constants
inside, and a factor is only an argument behind an operation that hands its operands on as they are
(``max``, ``min``), where there is nothing to contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.program.drawing.bits import LONGEST, WIDTHS
from jaxrf.program.equation import Equation
from jaxrf.program.primitives import elementwise
from jaxrf.program.program import Program
from jaxrf.program.slices import backward_slice

__all__ = ["Chain", "Drawn", "drawn_leaf", "kernel"]

_ELEMENTWISE = frozenset((*elementwise(), "select_n", "bitcast_convert_type"))
_KEEPS_ORDER = frozenset("broadcast_in_dim expand_dims reshape squeeze".split())
_CHOOSES = ("max", "min")  # results are operands, not rounded

Operand = tuple[Any, ...]  # ("step", n), ("number", dtype, bytes), ("bits",) or ("factor",)


@dataclass(frozen=True)
class Chain:
    """A function of an array of random bits, element by element.

    Attributes:
        steps: per operation the primitive, its parameters and its operands.
        width: of the random numbers, in bits.
        dtype: of the result.
        factored: whether the last product has a factor that is an argument.
    """

    steps: tuple[tuple[Any, tuple[tuple[str, Any], ...], tuple[Operand, ...]], ...]
    width: int
    dtype: Any
    factored: bool


@dataclass(frozen=True)
class Drawn:
    """A leaf that is made of random bits by a chain.

    Attributes:
        chain: what makes it of them.
        key: value number of the key that they are drawn with.
        factor: value number of the factor of its last product; None where it is in the chain.
        shape: of the leaf.
    """

    chain: Chain
    key: int
    factor: int | None
    shape: tuple[int, ...]


def drawn_leaf(program: Program, number: int) -> Drawn | None:
    """The chain that makes a value; None where it is made in another way."""
    made = program.made
    if number not in made:
        return None
    equations = backward_slice(program.equations, [number])
    sources = [eq for eq in equations if eq.name == "random_bits"]
    if len(sources) != 1:
        return None
    (source,) = sources
    (bits,), (key,) = source.outputs, source.inputs
    before = {i for eq in backward_slice(program.equations, [key]) for i in eq.outputs}
    shape, size = program.shapes[number], prod(program.shapes[number])
    if (
        prod(program.shapes[bits]) != size
        or not 0 < size < LONGEST
        or source.params["bit_width"] not in WIDTHS
        or program.shapes[key]
        or str(program.dtype(key)) != "key<fry>"
    ):
        return None
    chain = [eq for eq in equations if eq is not source and before.isdisjoint(eq.outputs)]
    if not all(_is_step(program, eq, size) for eq in chain):
        return None
    factor = _factor(program, made[number], bits, size)
    if factor is not None:
        needed = backward_slice(chain, [i for i in made[number].inputs if i != factor])
        chain = [*needed, made[number]]
    steps = _steps(program, chain, bits, factor)
    if steps is None:
        return None
    width, dtype = source.params["bit_width"], program.dtype(number)
    return Drawn(Chain(steps, width, dtype, factor is not None), key, factor, shape)


def _is_step(program: Program, eq: Equation, size: int) -> bool:
    """Whether an equation is one of a chain: of single numbers and of arrays of one size."""
    if len(eq.outputs) != 1 or eq.states or eq.name not in _ELEMENTWISE | _KEEPS_ORDER:
        return False
    of, result = {prod(shape) for shape in eq.in_shapes}, prod(eq.out_shapes[0])
    if eq.name == "bitcast_convert_type" and eq.in_shapes[0] != eq.out_shapes[0]:
        return False
    return of <= {1, size} and result in (1, size) and (result == size or of <= {1})


def _factor(program: Program, last: Equation, bits: int, size: int) -> int | None:
    """The single number that a leaf is multiplied by in the end; None where it has to stay."""
    if last.name != "mul" or size == 1:
        return None
    one, other = last.inputs
    if prod(program.shapes[one]) == 1:
        one, other = other, one
    array = program.made.get(one)
    is_choice = array is not None and array.name in _CHOOSES
    single = prod(program.shapes[other]) == 1
    same = program.dtype(one) == program.dtype(other)
    return other if is_choice and single and same and one != bits else None


def _steps(
    program: Program, equations: Sequence[Equation], bits: int, factor: int | None
) -> Any | None:
    """The equations without value numbers, so that equal chains are equal; None: cannot be."""
    names: dict[int, Operand] = {bits: ("bits",)}
    if factor is not None:
        names[factor] = ("factor",)
    steps = []
    for n, eq in enumerate(equations):
        for i in eq.inputs:
            if i not in names:
                if i not in program.constants:
                    return None
                value = np.asarray(program.constants[i])
                if value.size != 1:
                    return None
                names[i] = ("number", value.dtype, value.tobytes())
        steps.append((eq.primitive, _parameters(eq), tuple(names[i] for i in eq.inputs)))
        names[eq.outputs[0]] = ("step", n)
    try:
        hash(made := tuple(steps))
    except TypeError:  # a parameter that is not hashable
        return None
    return made


def _parameters(eq: Equation) -> tuple[tuple[str, Any], ...]:
    """The parameters of a step; what only moves elements has none."""
    return () if eq.name in _KEEPS_ORDER else tuple(sorted(eq.params.items()))


@lru_cache(maxsize=64)
def kernel(chain: Chain) -> Any:
    """The compiled function (bits, factor) -> numbers of a chain, for one block at a time."""

    def run(bits: jax.Array, factor: Any) -> jax.Array:
        known: dict[Operand, Any] = {("factor",): factor}
        known[("bits",)] = bits.astype(f"uint{chain.width}")
        for n, (primitive, parameters, operands) in enumerate(chain.steps):
            values = [known[o] if o in known else _number(o) for o in operands]
            known["step", n] = _step(primitive, dict(parameters), values, bits.shape)
        found: jax.Array = jnp.broadcast_to(known["step", len(chain.steps) - 1], bits.shape)
        return found

    return jax.jit(run)


def _number(operand: Operand) -> jax.Array:
    _, dtype, content = operand
    return jnp.asarray(np.frombuffer(content, dtype)[0])


def _step(primitive: Any, parameters: dict[str, Any], values: list[Any], shape: Any) -> Any:
    """One operation on arrays of a block and on single numbers."""
    if primitive.name in _KEEPS_ORDER:
        return values[0]
    if any(value.ndim for value in values):
        values = [jnp.broadcast_to(value, shape) for value in values]
    return primitive.bind(*values, **parameters)
