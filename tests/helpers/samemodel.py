"""The pure function that jaxrf traces computes what the model itself computes."""

from __future__ import annotations

import jax
import numpy as np

from jaxrf.program.execute import drawn_inputs, endpoint_function
from jaxrf.program.trace import trace

__all__ = ["assert_same_output", "sizes"]


def assert_same_output(model, shape, own, *, inputs=None) -> None:
    """Every number of the output, with the weights that ``init`` gives.

    Args:
        model: as a user passes it.
        shape: of its input.
        own: ``(variables, input) -> output``, the model called as its framework has it.
        inputs: the input; random by default.
    """
    traced = trace(model, shape)
    variables = traced.draw(jax.random.key(0))
    inputs = drawn_inputs(traced, jax.random.key(1)) if inputs is None else inputs
    got = jax.jit(endpoint_function(traced, traced.output))(variables, inputs)
    expected = jax.jit(own)(variables, *inputs)
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-5)


def sizes(analysis) -> dict[str, int]:
    """End-point -> field along the first axis."""
    return {name: field.size[0] for name, field in analysis.items()}
