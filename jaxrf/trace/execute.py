"""Run a traced model, the untouched function, up to one of its end-points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from jaxrf.frameworks import Network
from jaxrf.trace import compat
from jaxrf.trace.program import flatten
from jaxrf.trace.trace import Traced, marked_values, named_values

__all__ = ["cast", "endpoint_function", "working_dtype"]


def cast(variables: Any, dtype: Any) -> Any:
    """Variables with every floating leaf in ``dtype``."""
    return jax.tree.map(
        lambda v: jnp.asarray(v, dtype) if jnp.issubdtype(v.dtype, jnp.floating) else v, variables
    )


def endpoint_function(traced: Traced, name: str) -> Callable[[Any, jax.Array], jax.Array]:
    """``(variables, x) -> value`` of an end-point, to be differentiated or compiled.

    The output and what the framework captured come from the model as it is. A value that the model
    marks with ``checkpoint_name`` is inside it: there the traced equations are replayed up to it.
    """
    network = traced.network

    def value(variables, x):
        if name == traced.output:
            return jax.tree.leaves(network.apply(variables, x)[0])[0]
        if name not in traced.marked:
            return named_values(network.apply(variables, x)[1])[name]
        return _replay(network, name, variables, x)

    return value


def working_dtype(traced: Traced, name: str) -> Any:
    """float64 where the model takes it; else the dtype that it was traced with.

    A function that captured float32 weights may refuse a float64 input (``lax`` does not promote).
    """
    network = traced.network
    x = jax.ShapeDtypeStruct(traced.shape, jnp.float64)
    try:
        variables = jax.eval_shape(
            lambda key: network.init and cast(network.init(key), jnp.float64), jax.random.key(0)
        )
        jax.eval_shape(endpoint_function(traced, name), variables, x)
    except Exception:  # whatever the model raises, it is traced already at its own dtype
        return traced.dtype
    return jnp.float64


def _replay(network: Network, name: str, variables, x) -> jax.Array:
    closed = jax.make_jaxpr(network.apply)(variables, x)
    arguments = [*jax.tree.leaves(variables), x]
    program = flatten(closed, inputs=[len(arguments) - 1])
    target = marked_values(program)[name]
    values = {**program.constants, **dict(zip(program.arguments, arguments, strict=True))}
    for equation in program.equations:
        operands = (values[i] for i in equation.inputs)
        values.update(zip(equation.outputs, compat.bind(equation, *operands), strict=True))
        if target in values:
            break
    return values[target]
