"""Products with known and with drawn matrices, the rule alone, counted by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from tests.helpers.energycase import arriving, passed, squares

SHAPE = (4, 6)
VALUE = np.ones(SHAPE, np.float32)
KNOWN = np.random.default_rng(1).normal(size=(6, 5)).astype(np.float32)
ROWS = np.random.default_rng(2).normal(size=(3, 4)).astype(np.float32)


def product(a, b, left, right):
    return lax.dot_general(a, b, (((left,), (right,)), ((), ())))


MAPS = {
    "from the right": lambda x: product(x, KNOWN, 1, 0),
    "from the left": lambda x: product(ROWS, x, 1, 0),
    "transposed": lambda x: product(x, KNOWN.T, 1, 1),
    "over the first axis": lambda x: product(x, ROWS, 0, 1),
}


@pytest.mark.parametrize("kind", ["independent", "blurred", "common"])
@pytest.mark.parametrize("name", MAPS)
def test_a_known_matrix_is_squared_after_it_is_composed(name, kind):
    f, given = MAPS[name], arriving(kind, SHAPE)
    found = passed(f, VALUE, given.form)
    np.testing.assert_allclose(found.energies[0], squares(f, VALUE, given), rtol=1e-5)
    assert not found.said


def drawn(mean, spread, shape=(6, 64), seed=0):
    return np.random.default_rng(seed).normal(mean, spread, shape).astype(np.float32)


@pytest.mark.parametrize("kind", ["independent", "blurred"])
def test_drawn_weights_count_by_their_mean_square(kind):
    """E y^2 = sum over channels of E w^2 E x^2, the same for every output channel."""
    given, weights = arriving(kind, SHAPE), drawn(0, 0.5)
    f = lambda x, w: product(x, w, 1, 0)  # noqa: E731
    found = passed(f, VALUE, given.form, weights=weights)
    energy = (given.matrix**2 @ given.energy).reshape(SHAPE)
    wanted = np.mean(weights.astype(float) ** 2) * energy.sum(1, keepdims=True)
    np.testing.assert_allclose(found.energies[0], np.broadcast_to(wanted, (4, 64)), rtol=1e-5)


def test_what_is_drawn_is_the_average_over_draws():
    """Ten thousand columns of one array are as many draws."""
    given, weights = arriving("blurred", SHAPE), drawn(0, 0.5, (6, 10_000))
    f = lambda x, w: product(x, w, 1, 0)  # noqa: E731
    found = passed(f, VALUE, given.form, weights=weights)
    each = (weights.T @ given.matrix[:6, :6]) ** 2 @ given.energy.reshape(SHAPE).T
    np.testing.assert_allclose(found.energies[0][:, 0], each.mean(0), rtol=0.05)


def test_a_mean_of_the_weights_is_a_known_map():
    """All weights about 1: (sum of x)^2 and next to nothing beside."""
    given, weights = arriving("blurred", SHAPE), drawn(1, 0.001)
    f = lambda x, w: product(x, w, 1, 0)  # noqa: E731
    found = passed(f, VALUE, given.form, weights=weights)
    wanted = squares(lambda x: x.sum(1), VALUE, given)
    np.testing.assert_allclose(found.energies[0][:, 0], wanted, rtol=1e-2)


def test_masked_weights_pass_what_their_mask_lets_through():
    given = arriving("independent", SHAPE)
    mask = np.tri(6, 9, dtype=bool)

    def f(x, w):
        return product(x, jnp.where(mask, w, 0), 1, 0)

    found = passed(f, VALUE, given.form, weights=drawn(0, 0.5, mask.shape))
    energy = given.energy.reshape(SHAPE)
    read = energy @ mask  # column u reads rows from u on; none from the seventh on
    ratio = found.energies[0][:, :6] / read[:, :6]
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-5)
    np.testing.assert_allclose(found.energies[0][:, 6:], 0)
