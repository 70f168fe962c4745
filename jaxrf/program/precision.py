"""The precision in which a model is run: float64, where the program is the same in it.

It need not be. A function that captured float32 weights may refuse a float64 input, or meet it with
an array that it makes in the default precision (``lax`` does not promote); a function that was
compiled before the switch is taken from JAX's cache, with the whole numbers of that time; and
positions that are computed in floating point may round to another row.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.program import compat
from jaxrf.program.execute import cast, endpoint_function
from jaxrf.program.flatten import flatten
from jaxrf.program.program import Program
from jaxrf.program.slices import backward_slice, reading
from jaxrf.program.trace import Traced

__all__ = ["in_dtype", "working_dtype"]

_SMALL = 1e-5  # of the largest magnitude: what rounding in float32 may make of zero


def working_dtype(traced: Traced, name: str) -> Any:
    """float64 where an end-point can be run in it; None where it must be run as it was traced.

    Args:
        traced: the model.
        name: of the end-point.
    """
    with compat.float64():
        try:
            program, number = in_dtype(traced, name, jnp.float64)
            wide = list(_decisions(program, number))
        except Exception:  # whatever the model raises, it is traced already at its own dtype
            return None
    own = list(_decisions(traced.program, traced.endpoints[name]))
    same = len(own) == len(wide) and all(map(_same, own, wide))
    return jnp.float64 if same else None


def in_dtype(traced: Traced, name: str, dtype: Any) -> tuple[Program, int]:
    """(flat program, number of an end-point in it), weights and inputs being of another dtype.

    Args:
        traced: the model.
        name: of the end-point.
        dtype: in the place of floating ones; float64 inside :func:`compat.float64` alone.

    Raises:
        Exception: the model, or the end-point, refuses that.
    """
    known = traced.program.findings("in other dtypes")
    key = name, np.dtype(dtype)
    if key not in known:
        inputs = [jax.ShapeDtypeStruct(i.shape, i.dtype) for i in traced.inputs]
        arguments = jax.eval_shape(partial(cast, dtype=dtype), (traced.variables, inputs))
        closed = jax.make_jaxpr(endpoint_function(traced, name))(*arguments)
        first = len(jax.tree.leaves(traced.variables))
        known[key] = flatten(closed, inputs=range(first, first + len(inputs)))
    program: Program = known[key]
    return program, program.outputs[0]


def _decisions(program: Program, number: int) -> Iterator[tuple[str, list[np.ndarray]]]:
    """The known operands of every equation that the input reaches, and that a value needs."""
    for equation in reading(backward_slice(program.equations, [number]), program.dependent):
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
