"""Places that the data move away from a known one, and places that the data choose."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.program.offset_positions import reads_offset_positions
from jaxrf.program.trace import trace

GRID = jnp.arange(8)


def whole(x):
    return jnp.round(x).astype(int)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: x[jnp.clip(GRID + whole(x), 0, 7)], True),
        (lambda x: x[jnp.clip(GRID - 2 * whole(jnp.tanh(x)), 0, 7)], True),
        (lambda x: jnp.zeros(8).at[jnp.clip(GRID + whole(x), 0, 7)].add(x), True),
        (lambda x: x[jnp.argsort(x)], False),
        (lambda x: x[jnp.clip(whole(x) + 3, 0, 7)], False),  # from the same place everywhere
        (lambda x: x[jnp.clip(whole(x) + whole(x[::-1]), 0, 7)], False),
        (lambda x: x[np.array([3, 1, 2])], False),  # known places
    ],
)
def test_a_known_position_plus_an_offset(f, expected):
    program = trace(f, (8,)).program
    assert any(reads_offset_positions(program, eq) for eq in program.equations) is expected


def test_nothing_but_gathers_and_scatters():
    program = trace(lambda x: GRID + x, (8,)).program
    assert not any(reads_offset_positions(program, eq) for eq in program.equations)
