"""Floating-point operations of single equations, counted by hand."""

import jax
import jax.numpy as jnp
import pytest
from jax import lax

from jaxrf.program.trace import trace
from jaxrf.theory.flops import flops

X = (1, 6, 4)


def convolve(x):
    kernel = jnp.ones((3, 4, 5))
    return lax.conv_general_dilated(
        x, kernel, (2,), "SAME", dimension_numbers=("NHC", "HIO", "NHC")
    )


def pool(x):
    return lax.reduce_window(x, 0.0, lax.add, (1, 3, 1), (1, 1, 1), "VALID")


@pytest.mark.parametrize(
    ("f", "count"),
    [
        (convolve, 2 * (3 * 5) * (3 * 4)),
        (lambda x: x @ jnp.ones((4, 7)), 2 * (6 * 7) * 4),
        (pool, (4 * 4) * 3),
        (lambda x: lax.reduce_max(x, (1,)), 6 * 4),
        (lambda x: lax.argmax(x, 1, jnp.int32), 6 * 4),
        (lambda x: lax.cumsum(x, 1), 6 * 4),
        (lambda x: lax.tanh(x), 6 * 4),
        (lambda x: lax.add(x, x), 6 * 4),
        (lambda x: lax.transpose(x, (0, 2, 1)), 0),
        (lambda x: lax.convert_element_type(x, jnp.bfloat16), 0),
        (lambda x: lax.reduce_precision(x, 8, 7), 0),
        (lambda x: lax.sort(x, dimension=1), 0),
        (lambda x: jax.lax.stop_gradient(x), 0),
    ],
)
def test_operations_of_one_equation(f, count):
    counts = [flops(eq) for eq in trace(f, X).program.equations]
    assert [n for n in counts if n] == ([count] if count else [])
