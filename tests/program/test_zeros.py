"""Where a value may differ from zero, against values that are computed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.program.trace import trace
from jaxrf.program.zeros import everywhere, full_constant, kept_dims, may_differ, padded

SHAPE = (3, 4)
PAD = ((1, 0), (0, 2))


def lines(f, shape=SHAPE):
    program = trace(f, shape).program
    return [line.astype(int).tolist() for line in may_differ(program, program.outputs[0])]


def seen(f, shape=SHAPE):
    """Per dimension, the indices at which some element is not zero for a random input."""
    value = np.asarray(f(jax.random.uniform(jax.random.key(0), shape) + 0.5)) != 0
    dims = range(value.ndim)
    return [value.any(tuple(e for e in dims if e != d)).astype(int).tolist() for d in dims]


EXACT = {
    "padded": lambda x: jnp.pad(x, PAD),
    "interior": lambda x: lax.pad(x, np.float32(0), ((0, 0, 1), (-1, 1, 2))),
    "padded twice": lambda x: jnp.pad(jnp.tanh(jnp.pad(x, PAD)), PAD),
    "joined": lambda x: jnp.concatenate([jnp.zeros((1, 4)), x, jnp.zeros((2, 4))], 0),
    "cut": lambda x: jnp.pad(x, PAD)[:2, 3:],
    "every second": lambda x: jnp.pad(x, PAD)[::2],
    "turned": lambda x: jnp.pad(x, PAD)[::-1].T,
    "spread": lambda x: jnp.broadcast_to(jnp.pad(x, PAD)[:, None], (4, 2, 6)),
    "reshaped": lambda x: jnp.pad(x, PAD).reshape(4, 1, 6)[:, 0],
    "a product": lambda x: jnp.pad(x, PAD) * jnp.pad(x, ((0, 1), (2, 0))),
    "a sum": lambda x: jnp.pad(x, ((2, 0), (0, 0))) + jnp.pad(x, ((1, 1), (0, 0))),
    "written": lambda x: lax.dynamic_update_slice(jnp.zeros((5, 9)), x, (1, 2)),
    "written, pushed back": lambda x: lax.dynamic_update_slice(jnp.zeros((5, 9)), x, (7, 7)),
    "set": lambda x: jnp.zeros((5, 9)).at[1:4, 2:6].set(x),
    "added": lambda x: jnp.zeros((5, 9)).at[1:4, 2:6].add(x),
    "masked": lambda x: jnp.where(jnp.arange(4) < 2, x, 0),
}


@pytest.mark.parametrize("name", EXACT)
def test_it_is_where_values_are(name):
    f = EXACT[name]
    assert lines(f) == seen(f)
    assert not all(all(line) for line in lines(f))  # something is zero there


@pytest.mark.parametrize(
    "f",
    [
        lambda x: jnp.pad(x, PAD, constant_values=1),
        lambda x: jnp.cos(jnp.pad(x, PAD)),
        lambda x: jnp.pad(x, PAD) + 1,
        lambda x: jnp.pad(x, PAD).reshape(-1),  # no dimension stays
        lambda x: x * np.float32([0, 1, 1, 1]),  # a stored number may be a weight
    ],
)
def test_elsewhere_everything_may_differ(f):
    shapes = jax.eval_shape(f, jnp.zeros(SHAPE)).shape
    assert lines(f) == [[1] * n for n in shapes]


def test_what_is_zero_all_over_is_zero_along_each():
    program = trace(lambda x: x + jnp.zeros(SHAPE), SHAPE).program
    inputs = {i for eq in program.equations for i in eq.inputs} - {*program.inputs}
    (zeros,) = (i for i in inputs if program.shapes[i] == SHAPE)
    assert full_constant(program, zeros).tolist() == np.zeros(SHAPE).tolist()
    assert not any(line.any() for line in may_differ(program, zeros))
    assert full_constant(program, program.inputs[0]) is None


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ((1, 2, 0), [0, 1, 0, 1, 0, 0]),
        ((0, 0, 1), [1, 0, 0, 0, 1]),
        ((-1, 0, 0), [0, 1]),
        ((0, -2, 1), [1, 0, 0]),
    ],
)
def test_a_padded_line(sides, expected):
    assert padded(np.array([True, False, True]), *sides).astype(int).tolist() == expected


def test_dimensions_that_stay():
    assert kept_dims((2, 3, 4), (6, 4)) == {1: 2}
    assert kept_dims((2, 3, 4), (2, 12)) == {0: 0}
    assert kept_dims((6, 4), (6, 1, 4)) == {0: 0, 2: 1}
    assert [line.tolist() for line in everywhere((2, 1))] == [[True, True], [True]]
