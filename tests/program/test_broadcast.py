"""Arrays of length 1 where nothing varies, moved as the whole array would be."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.program.broadcast import MOVES, compressed, move
from jaxrf.program.trace import trace

SHAPE = (2, 3, 4)


@pytest.mark.parametrize("kept", [(), (0,), (1,), (0, 2), (0, 1, 2)])
def test_length_one_where_nothing_varies(kept):
    small = np.arange(24.0).reshape(SHAPE)[tuple(slice(None if d in kept else 1) for d in range(3))]
    for array in (np.broadcast_to(small, SHAPE), np.broadcast_to(small, SHAPE).copy()):
        found = compressed(array)
        assert found.shape == small.shape
        assert np.array_equal(found, small)


def test_ends_that_are_equal_are_not_enough():
    line = np.array([1, 2, 1])
    assert compressed(line) is line


CASES = {
    "broadcast_in_dim": lambda x: lax.broadcast_in_dim(x, (5, 2, 3, 4), (1, 2, 3)),
    "expand_dims": lambda x: x[:, None],
    "reshape": lambda x: x.reshape(6, 4),
    "reshape, cut": lambda x: x.reshape(2, 3, 2, 2),
    "rev": lambda x: x[:, ::-1],
    "slice": lambda x: x[1:, :2, ::2],
    "squeeze": lambda x: lax.squeeze(x[:, :1], (1,)),
    "transpose": lambda x: x.transpose(2, 0, 1),
}


def test_every_move_has_a_case():
    assert {name.partition(",")[0] for name in CASES} >= MOVES.keys()


@pytest.mark.parametrize("kept", [(), (0,), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("name", CASES)
def test_moved_as_the_whole_array(name, kept):
    array = np.arange(24.0).reshape(SHAPE)[tuple(slice(None if d in kept else 1) for d in range(3))]
    wanted = np.asarray(CASES[name](jnp.broadcast_to(array, SHAPE)))
    for eq in trace(CASES[name], SHAPE).program.equations:
        array = move(eq, [array])
    assert np.array_equal(np.broadcast_to(array, wanted.shape), wanted)
    assert array.size <= wanted.size
