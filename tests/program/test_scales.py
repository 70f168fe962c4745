"""The scale of an orthonormal transform is real and positive, though it is complex by dtype."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.program.scales import is_scale
from jaxrf.program.trace import trace


def factors(f, shape=(6, 8)):
    """Whether each operand of a product or a quotient that no input reaches is a scale."""
    program = trace(f, shape).program
    return [
        is_scale(program, n)
        for eq in program.equations
        if eq.name in ("mul", "div") and program.dependent.intersection(eq.outputs)
        for n in eq.inputs
        if n not in program.dependent
    ]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: jnp.fft.fft2(x, norm="ortho"),
        lambda x: jnp.fft.rfft(x, norm="ortho"),
        lambda x: jnp.fft.ifft(x, norm="ortho"),
    ],
)
def test_of_transforms(f):
    found = factors(f)
    assert found
    assert all(found)


@pytest.mark.parametrize(("factor", "expected"), [(2.0, True), (-2.0, False), (1j, False)])
def test_numbers_in_the_code_are_real_and_positive(factor, expected):
    assert factors(lambda x: jnp.fft.fft(x) * factor) == [expected]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ([8], True),  # the length of the transform
        ([8, 8], True),
        ([7], False),  # it may be a weight of any sign
        ([1], False),  # what learned scales start with
        ([8] * 4, False),  # more than a transform has axes
    ],
)
def test_stored_numbers_are_lengths_of_transforms(stored, expected):
    lengths = np.array(stored, np.float32)
    assert factors(lambda x: jnp.fft.fft(x) * jnp.sqrt(jnp.prod(lengths))) == [expected]
