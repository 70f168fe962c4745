"""The precision in which a model is run: float64, where the program is the same in it.

It need not be. A function that captured float32 weights may refuse a float64 input, or meet it with
an array that it makes in the default precision (``lax`` does not promote); a function that was
compiled before the switch is taken from JAX's cache, with the whole numbers of that time; and
positions that are computed in floating point may round to another row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.program import compat
from jaxrf.program.execute import cast, drawn_inputs, endpoint_function
from jaxrf.program.flatten import flatten
from jaxrf.program.program import Program
from jaxrf.program.slices import reading
from jaxrf.program.trace import Traced

__all__ = ["working_dtype"]

_SMALL = 1e-5  # of the largest magnitude: what rounding in float32 may make of zero


def working_dtype(traced: Traced, name: str) -> Any:
    """float64 where an end-point can be run in it; None where it must be run as it was traced.

    Args:
        traced: the model.
        name: of the end-point.
    """
    with compat.float64():
        try:
            wide = list(_decisions(_retraced(traced, name)))
        except Exception:  # whatever the model raises, it is traced already at its own dtype
            return None
    own = list(_decisions(traced.program))
    same = len(own) == len(wide) and all(map(_same, own, wide))
    return jnp.float64 if same else None


def _retraced(traced: Traced, name: str) -> Program:
    """The program in float64.

    Raises:
        Exception: the model, or the end-point, refuses that.
    """
    network, key = traced.network, jax.random.key(0)
    variables = jax.eval_shape(
        lambda key: network.init and cast(network.init(key), jnp.float64), key
    )
    inputs = jax.eval_shape(lambda key: drawn_inputs(traced, key, jnp.float64), key)
    jax.eval_shape(endpoint_function(traced, name), variables, inputs)

    def run(variables: Any, inputs: Any) -> tuple[Any, list[Any]]:
        output, named = network.apply(variables, *jax.tree.unflatten(traced.structure, inputs))
        return output, list(named.values())

    closed = jax.make_jaxpr(run)(variables, inputs)
    first = len(jax.tree.leaves(variables))
    return flatten(closed, inputs=range(first, first + len(inputs)))


def _decisions(program: Program) -> Iterator[tuple[str, list[np.ndarray]]]:
    """The known operands of every equation that the input reaches."""
    for equation in reading(program.equations, program.dependent):
        if equation.name == "convert_element_type":
            continue
        folded = [program.fold(i) for i in equation.inputs if i not in program.dependent]
        known = [value for value in folded if value is not None]
        if known:
            yield equation.name, known


def _same(one: tuple[str, list[np.ndarray]], other: tuple[str, list[np.ndarray]]) -> bool:
    """Whether whole numbers are equal, and floating-point ones zero at the same places."""
    (name, known), (another, values) = one, other
    return (name, len(known)) == (another, len(values)) and all(
        np.array_equal(_pattern(a), _pattern(b)) for a, b in zip(known, values, strict=True)
    )


def _pattern(value: np.ndarray) -> np.ndarray:
    if not jnp.issubdtype(value.dtype, jnp.inexact):
        return value
    size = np.abs(value)
    large: np.ndarray = size > _SMALL * size.max(initial=0)
    return large
