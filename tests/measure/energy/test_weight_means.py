"""Weights with a mean, weights that are the same at every place, weights that are used again.

Covers: measure.energy.pointwise, measure.energy.shared_weights.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

import jaxrf
from jaxrf.measure.energy.pointwise import _principal
from jaxrf.measure.energy.weight_means import mean_of_weights

DEPTH, LENGTH = 4, 21


def about(level, spread):
    """Weights about a level."""
    return lambda key, shape, dtype=jnp.float32: level + spread * jax.random.normal(key, shape)


class Stack(nn.Module):
    """Convolutions of 3 taps, or dense layers over pairs of places."""

    init_of: object
    act: object = None

    @nn.compact
    def __call__(self, x):
        for _ in range(DEPTH):
            x = nn.Conv(16, (3,), kernel_init=self.init_of, use_bias=False)(x)
            x = x if self.act is None else self.act(x)
        return x


def binomial(power):
    line = np.ones(1)
    for _ in range(DEPTH):
        line = np.convolve(line, np.ones(3) / 3)
    line = line**power
    return line / line.sum()


@pytest.mark.parametrize(
    ("init", "power"),
    [
        (about(1.0, 0.001), 2),  # one known filter: squared at the end alone
        (about(0.0, 1.0), 1),  # nothing but energy
        (nn.initializers.constant(0.1), 2),
    ],
)
def test_means_are_a_filter_and_the_rest_is_energy(init, power):
    predicted = jaxrf.predict_erf(Stack(init), (1, LENGTH, 16))
    shape = predicted.map[predicted.crop] / predicted.map.sum()
    np.testing.assert_allclose(shape, binomial(power), rtol=2e-3)
    assert not predicted.assumptions


def test_open_gates_pass_a_mean_whole():
    init = about(1.0, 0.001)
    shape = (1, LENGTH, 16)
    images = np.ones(shape, np.float32)
    predicted = jaxrf.predict_erf(Stack(init, nn.relu), shape, inputs=images)
    found = predicted.map[predicted.crop] / predicted.map.sum()
    np.testing.assert_allclose(found, binomial(2), rtol=2e-3)


@pytest.mark.slow
def test_between_the_two_as_sampled():
    net, shape = Stack(nn.initializers.uniform(0.1)), (1, LENGTH, 16)
    predicted, measured = jaxrf.predict_erf(net, shape), jaxrf.measure_erf(net, shape, samples=64)
    assert predicted.sigma == pytest.approx(measured.sigma, rel=0.02)


def test_what_mean_counts():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(16, 16, 3))
    assert mean_of_weights(weights) is None
    assert mean_of_weights(weights + 0.5) == pytest.approx([0.5] * 3, abs=0.15)
    weights = 0.01 * weights + np.array([0.0, 1.0, 2.0])
    assert mean_of_weights(weights) == pytest.approx([0, 1, 2], abs=0.01)  # every tap its own
    weights[..., 0] = 0
    assert mean_of_weights(weights)[0] == 0  # masked


def test_pools_around_weights_of_every_place_are_one_pool():
    """B W A = (B A) W: two 3-tap means make 1 2 3 2 1, squared."""

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nn.Conv(8, (1,))(nn.avg_pool(x, (3,), (1,)))
            return nn.Dense(8)(nn.avg_pool(x, (3,), (1,)))

    predicted = jaxrf.predict_erf(Net(), (1, LENGTH, 2))
    line = predicted.map[predicted.crop]
    np.testing.assert_allclose(line / line.max(), np.array([1, 4, 9, 4, 1]) / 9, rtol=1e-6)
    assert not predicted.assumptions


def test_principal_components_keep_the_mean_square():
    lines = np.random.default_rng(0).normal(size=(3, 5, 6))
    total = sum(m**2 for m in _principal(lines))
    np.testing.assert_allclose(total.sum(), (lines**2).mean(0).sum())


class Again(nn.Module):
    """A layer used twice, or two slices of one array, each once."""

    sliced: bool

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (2, 4, 4))
        first, second = (kernel[0], kernel[1]) if self.sliced else (kernel[0], kernel[0])
        return nn.relu(x @ first) @ second


@pytest.mark.parametrize("sliced", [False, True])
def test_a_weight_used_twice_is_reported(sliced):
    predicted = jaxrf.predict_erf(Again(sliced), (1, 5, 4), draws=1)
    reported = [a for a in predicted.assumptions if "other layers use too" in a]
    assert bool(reported) != sliced
    assert not reported or (
        "test_weight_means.py" in reported[0] and "may move sigma by 12 %" in reported[0]
    )
