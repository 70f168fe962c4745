"""Run a traced model, the untouched function, up to one of its end-points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxrf.frameworks import Network
from jaxrf.program.endpoints import Origin, marked_values, returned_values
from jaxrf.program.flatten import flatten
from jaxrf.program.replay import replayed
from jaxrf.program.trace import Traced

__all__ = ["by_input", "cast", "drawn_inputs", "endpoint_function"]


def cast(variables: Any, dtype: Any) -> Any:
    """Variables with every floating leaf in ``dtype``."""
    return jax.tree.map(
        lambda v: jnp.asarray(v, dtype) if jnp.issubdtype(v.dtype, jnp.floating) else v, variables
    )


def endpoint_function(traced: Traced, name: str) -> Callable[[Any, Sequence[Any]], jax.Array]:
    """``(variables, inputs) -> value`` of an end-point, to be differentiated or compiled.

    ``inputs`` are the arrays in the order of ``traced.inputs``. Outputs and what the framework
    captured come from the model as it is. A marked value (``checkpoint_name``) is inside the model:
    there the traced equations are replayed up to it.
    """
    network, origin = traced.network, traced.chosen.origins[name]

    def value(variables: Any, inputs: Any) -> Any:
        arguments = jax.tree.unflatten(traced.structure, inputs)
        if origin.kind in ("module", "mark"):
            return _replay(network, origin, variables, arguments)
        return returned_values(*network.apply(variables, *arguments))[origin]

    return value


def by_input(
    value: Callable[..., Any], variables: Any, inputs: Sequence[Any], source: int
) -> Callable[..., Any]:
    """``x -> value``: of an end-point, by the input number ``source``; the others as given."""
    return lambda x: value(variables, [*inputs[:source], x, *inputs[source + 1 :]])


def drawn_inputs(traced: Traced, key: jax.Array, dtype: Any = None) -> list[jax.Array]:
    """Random inputs: standard normal, zeros where they are integers (indices, masks).

    Args:
        traced: the traced model.
        key: an only input is drawn from it directly, several from keys of their own.
        dtype: in place of their own floating dtypes.
    """
    keys = [key] if len(traced.inputs) == 1 else jax.random.split(key, len(traced.inputs))
    return [
        jax.random.normal(k, i.shape, dtype or i.dtype)
        if jnp.issubdtype(i.dtype, jnp.floating)
        else jnp.zeros(i.shape, i.dtype)
        for k, i in zip(keys, traced.inputs, strict=True)
    ]


def _replay(network: Network, origin: Origin, variables: Any, inputs: Any) -> jax.Array:
    closed = jax.make_jaxpr(network.apply)(variables, *inputs)
    arguments = jax.tree.leaves((variables, inputs))
    program = flatten(closed, inputs=[])
    target = marked_values(program)[origin]
    values = {**program.constants, **dict(zip(program.arguments, arguments, strict=True))}
    found: jax.Array = replayed(program.equations, values, [target])[target]
    return found
