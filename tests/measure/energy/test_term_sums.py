"""Loops as one map: scans of every kind against their squared Jacobians, and nothing too short."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

import jaxrf

LENGTH, WIDTH = 12, 4
DECAYS = jnp.linspace(0.2, 0.9, WIDTH)


def stepwise(x):
    """A recurrence, h = a h + x, with a decay of its own in every channel."""

    def step(h, u):
        h = DECAYS * h + u
        return h, h

    return jax.lax.scan(step, jnp.zeros((1, WIDTH)), x.swapaxes(0, 1))[1].swapaxes(0, 1)


def prefix(x):
    """The same as an associative scan."""

    def combine(one, other):
        return one[0] * other[0], one[1] * other[0] + other[1]

    return jax.lax.associative_scan(combine, (jnp.broadcast_to(DECAYS, x.shape), x), axis=1)[1]


def squares(model, at, width):
    """The squared Jacobian of all channels at a place, by input place."""
    jacobian = jax.jacobian(lambda x: model(x)[0, at])(jnp.ones((1, LENGTH, width)))
    return np.asarray((jacobian[:, 0] ** 2).sum((0, 2)), np.float64)


@pytest.mark.parametrize("model", [stepwise, prefix])
def test_recurrences_are_exact(model):
    predicted = jaxrf.predict_erf(model, (1, LENGTH, WIDTH), at=(9,))
    np.testing.assert_allclose(predicted.map, squares(model, 9, WIDTH), rtol=1e-5, atol=1e-12)
    assert predicted.draws == 2
    assert not predicted.assumptions


@pytest.mark.parametrize(
    "model",
    [
        lambda x: jax.lax.associative_scan(jnp.add, x, axis=1),
        lambda x: jnp.cumsum(x, 1),
        lambda x: jnp.concatenate([x[:, :0], x[:, 2:], x[:, :2]], 1),
        lambda x: jnp.concatenate([x[:, ::-1], jnp.zeros((1, 3, WIDTH))], 1),
        lambda x: jnp.concatenate([x, x + jnp.roll(x, 1, 1)], -1),
        lambda x: jnp.pad(x, ((0, 0), (2, 1), (0, 0)), mode="wrap"),
        lambda x: jnp.stack([x[:, n] * (n + 1.0) for n in range(LENGTH)], 1),
    ],
)
def test_moved_and_joined_pieces_are_exact(model):
    found = jaxrf.predict_erf(model, (1, LENGTH, WIDTH), at=(3,)).map
    np.testing.assert_allclose(found, squares(model, 3, WIDTH), rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("length", range(1, 8))
def test_no_prefix_is_too_short(length):
    predicted = jaxrf.predict_erf(
        lambda x: jax.lax.associative_scan(jnp.add, x, axis=1), (1, length, 1), at=(length - 1,)
    )
    np.testing.assert_allclose(predicted.map, 1.0)


@pytest.mark.parametrize("gates", [jnp.tanh, jax.nn.relu])
def test_two_ways_of_one_recurrence_agree_behind_gates(gates):
    """A loop and a tree make the same values: so must what is predicted of them."""

    class Net:
        def __init__(self, layer):
            self.layer = layer

        def init(self, key, x):
            return {"params": jax.random.normal(key, (2, WIDTH, WIDTH)) / 2}

        def apply(self, variables, x):
            for weights in variables["params"]:
                x = gates(self.layer(x)) @ weights
            return x

    one, other = (
        jaxrf.predict_erf(Net(layer), (1, LENGTH, WIDTH), draws=2) for layer in (stepwise, prefix)
    )
    np.testing.assert_allclose(one.map, other.map, rtol=1e-4)


class Normed(nn.Module):
    """Convolution, norm, and a roll by ``shift``, which joins two parts."""

    shift: int | None

    @nn.compact
    def __call__(self, x):
        y = nn.LayerNorm()(nn.Conv(WIDTH, (3, 3))(x))
        y = nn.LayerNorm()(y + nn.Conv(WIDTH, (3, 3))(y))
        y = y if self.shift is None else jnp.roll(y, (-self.shift, -self.shift), (1, 2))
        return nn.Conv(WIDTH, (3, 3))(y)


def test_parts_without_elements_bring_nothing():
    """A roll by nothing joins a value with a part of it that is empty."""
    shape = (1, 6, 6, 3)
    rolled, plain = (jaxrf.predict_erf(Normed(shift), shape, draws=1) for shift in (0, None))
    np.testing.assert_allclose(rolled.map.sum(), plain.map.sum(), rtol=0.02)
    np.testing.assert_allclose(rolled.sigma, plain.sigma, rtol=0.02)
