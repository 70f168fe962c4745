"""Sums, running sums, extremes and products, each rule alone, counted by hand."""

import numpy as np
import pytest
from jax import lax

from tests.helpers.energycase import arriving, passed, squares

SHAPE = (4, 6)
VALUE = np.ones(SHAPE, np.float32)
LINEAR = {
    "sum": lambda x: lax.reduce_sum(x, axes=(1,)),
    "sum over the first": lambda x: lax.reduce_sum(x, axes=(0,)),
    "sum over both": lambda x: lax.reduce_sum(x, axes=(0, 1)),
    "running": lambda x: lax.cumsum(x, axis=1),
    "running back": lambda x: lax.cumsum(x, axis=0, reverse=True),
}


@pytest.mark.parametrize("kind", ["independent", "blurred", "common"])
@pytest.mark.parametrize("name", LINEAR)
def test_sums_are_squared_after_they_are_added(name, kind):
    f, given = LINEAR[name], arriving(kind, SHAPE)
    found = passed(f, VALUE, given.form)
    np.testing.assert_allclose(found.energies[0], squares(f, VALUE, given), rtol=1e-6)
    assert not found.said


def test_a_sum_of_what_was_averaged_as_independent_is_noted():
    given = arriving("independent", SHAPE)
    chosen = passed(
        lambda x: lax.reduce_window_max_p.bind(
            x, window_dimensions=(1, 3), window_strides=(1, 1), padding=((0, 0), (1, 1)),
            base_dilation=(1, 1), window_dilation=(1, 1),
        ),
        VALUE,
        given.form,
    )  # fmt: skip
    assert "averaged before" in passed(LINEAR["sum"], VALUE, chosen.forms[0]).said[0]


@pytest.mark.parametrize("choose", [lax.reduce_max, lax.reduce_min])
def test_an_extreme_is_each_element_as_often(choose):
    """A sixth of the energy of each of six."""
    given = arriving("independent", SHAPE)
    value = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    found = passed(lambda x: choose(x, axes=(1,)), value, given.form)
    np.testing.assert_allclose(found.energies[0], given.energy.reshape(SHAPE).mean(1), rtol=1e-6)


def test_the_gate_of_the_largest_counts():
    """A ReLU of which half is shut: the largest of six is behind an open gate."""
    given = arriving("independent", SHAPE)
    value = np.tile(np.arange(6, dtype=np.float32) - 2.5, (4, 1))
    gated = tuple(t.scaled((value > 0).astype(float)) for t in given.form)
    wanted = given.energy.reshape(SHAPE).mean(1)
    largest = passed(lambda x: lax.reduce_max(x, axes=(1,)), value, gated)
    np.testing.assert_allclose(largest.energies[0], wanted, rtol=1e-6)
    smallest = passed(lambda x: lax.reduce_min(x, axes=(1,)), value, gated)
    np.testing.assert_allclose(smallest.energies[0], 0 * wanted)


def test_a_product_passes_each_element_times_the_others():
    """Of (2, 3): 3^2 of the first and 2^2 of the second, whatever row."""
    given = arriving("independent", (4, 2))
    value = np.tile(np.array([2, 3], np.float32), (4, 1))
    found = passed(lambda x: lax.reduce_prod(x, axes=(1,)), value, given.form)
    mean = (9 + 4) / 2  # scales that differ count by their mean square
    wanted = mean * given.energy.reshape(4, 2).sum(1)
    np.testing.assert_allclose(found.energies[0], wanted, rtol=1e-6)


@pytest.mark.parametrize("choose", [lax.argmax, lax.argmin])
def test_an_index_has_no_gradient(choose):
    given = arriving("independent", SHAPE)
    assert passed(lambda x: choose(x, 1, np.int32), VALUE, given.form).forms == [None]
