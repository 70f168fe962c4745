"""Squares of a Jacobian against the Jacobian written out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.measure.energy.squared_jacobian import squared_jacobian_product
from jaxrf.program import compat


def run(a, b):
    """Two results of two changes, one of them the same at every place."""
    value = jnp.sin(a + 1) @ jnp.arange(6.0).reshape(3, 2) + b
    return value, value.mean(0, keepdims=True)


SHAPES = ((4, 3), (1, 2))
JACOBIANS = jax.jacobian(run, (0, 1))(*map(jnp.zeros, SHAPES))


def energies(*places):
    """One element a change, or none: signs then have no say."""
    return [
        jnp.zeros(s) if p is None else jnp.zeros(s).at[p].set(4.0)
        for s, p in zip(SHAPES, places, strict=True)
    ]


@pytest.mark.parametrize("places", [((2, 1), None), (None, (0, 1))])
def test_one_element_forwards(places):
    with compat.float64():
        found = squared_jacobian_product(run, 0, *energies(*places))
    for result, jacobian in zip(found, JACOBIANS, strict=True):
        column = next(j[(..., *p)] for j, p in zip(jacobian, places, strict=True) if p)
        np.testing.assert_allclose(result, 4 * column**2, rtol=1e-5)


@pytest.mark.parametrize(("number", "place"), [(0, (3, 1)), (1, (0, 0))])
def test_one_element_backwards(number, place):
    with compat.float64():
        out, back = jax.vjp(lambda *e: squared_jacobian_product(run, 0, *e), *map(jnp.ones, SHAPES))
        given = [jnp.zeros(o.shape) for o in out]
        given[number] = given[number].at[place].set(4.0)
        found = back(tuple(given))
    for energy, jacobian in zip(found, JACOBIANS[number], strict=True):
        np.testing.assert_allclose(energy, 4 * jacobian[place] ** 2, rtol=1e-5)


def test_all_elements_within_the_noise_of_signs():
    with compat.float64():
        value, _ = squared_jacobian_product(run, 0, *map(jnp.ones, SHAPES))
    exact = sum((j**2).sum((-1, -2)) for j in JACOBIANS[0])
    assert float(value.sum()) == pytest.approx(float(exact.sum()), rel=0.4)
