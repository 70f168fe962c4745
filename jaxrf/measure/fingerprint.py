"""The fingerprint of a sampling run: everything that its samples depend on except versions.

An interrupted run is continued only by a run of the same fingerprint. Two networks whose
end-points, shapes and options agree (a zoo network at two widths or with two initialisers, weights
before and after training) have different ones.
"""

from __future__ import annotations

from typing import Any

import jax

from jaxrf.measure.sampler import Sampler
from jaxrf.program.execute import by_input, endpoint_function
from jaxrf.program.identity import arrays_digest, function_digest

__all__ = ["fingerprint"]


def fingerprint(sampler: Sampler) -> str:
    """A readable list of options, with digests of the program, the weights and the inputs."""
    analysis = sampler.analysis
    inputs = "normal" if sampler.inputs is None else arrays_digest(sampler.inputs)
    return (
        f"{analysis.traced.network.name} {analysis.shape} axes {analysis.spatial_axes} "
        f"by {analysis.input} {sampler.endpoint} "
        f"{sampler.at} {sampler.plan} {sampler.estimator} {sampler.grid}, "
        f"program {_program(sampler)}, weights {_weights(sampler)}, inputs {inputs}, "
        f"keys {_keys()}"
    )


def _program(sampler: Sampler) -> str:
    """The digest of the end-point and its gradient, which a ``custom_vjp`` may define."""
    traced, source = sampler.analysis.traced, sampler.analysis.source
    value = endpoint_function(traced, sampler.endpoint)
    variables = sampler.variables
    if variables is None:
        variables = jax.eval_shape(traced.draw, jax.random.key(0))
    inputs = [jax.ShapeDtypeStruct(i.shape, i.dtype) for i in traced.inputs]

    def pulled(variables: Any, inputs: Any) -> Any:
        out, back = jax.vjp(by_input(value, variables, inputs, source), inputs[source])
        return out, back(out)

    def plain(variables: Any, inputs: Any) -> Any:
        return value(variables, inputs)

    try:
        return function_digest(pulled, variables, inputs)
    except (
        Exception
    ):  # without a gradient: noise takes its place, or sampling reports what is wrong
        return function_digest(plain, variables, inputs)


def _weights(sampler: Sampler) -> str:
    """The digest of the weights, or of the function that draws them."""
    traced = sampler.analysis.traced
    if sampler.variables is not None:
        return arrays_digest(sampler.variables)
    if traced.network.init is None:
        return "inside"
    if traced.network.random:
        return f"drawn by {function_digest(traced.network.init, jax.random.key(0))}"
    return arrays_digest(traced.draw(jax.random.key(0)))


def _keys() -> str:
    """The options by which JAX makes random numbers from a key."""
    options: Any = jax.config
    return f"{options.jax_default_prng_impl} {options.jax_threefry_partitionable}"
