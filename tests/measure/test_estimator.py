"""Cotangents, quantities and normalisation against the full Jacobian of a small network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.measure.estimator import COTANGENTS, Estimator
from tests.helpers.stacks import RandomNet

SHAPE = (1, 7, 7, 2)


@pytest.fixture(scope="module")
def net():
    """A network with fixed weights, and the gradient of each of its channels, [C, 7, 7, 2]."""
    model = RandomNet(2, 3)
    variables = model.init(jax.random.key(5), jnp.zeros(SHAPE))
    jacobian = jax.jacrev(lambda x: model.apply(variables, x)[0, 3, 3])(jnp.zeros(SHAPE))
    return model, variables, np.asarray(jacobian, np.float64)[:, 0]


def measured(net, samples, **options):
    model, variables, _ = net
    return jaxrf.measure_erf(
        model,
        SHAPE,
        samples=samples,
        variables=variables,
        batch=min(samples, 500),
        estimator=Estimator(**options),
    )


@pytest.mark.parametrize("cotangent", [c for c in COTANGENTS if c not in ("ones", "active")])
def test_unbiased_cotangents_measure_the_energy_of_all_channels(cotangent, net):
    exact = np.square(net[2]).sum((0, 3))
    erf = measured(net, 2000, cotangent=cotangent)
    assert erf.map.sum() == pytest.approx(exact.sum(), rel=0.05)
    inside = exact > 0
    assert not erf.map[~inside].any()
    if cotangent != "hadamard":  # whose errors are too wide
        deviation = (erf.map[inside] - exact[inside]) / erf.stderr[inside]
        assert 0.5 < np.sqrt(np.mean(deviation**2)) < 2


def test_a_cycle_of_hadamard_rows_is_exact(net):
    """Three channels, so a cycle of four rows; the weights and the (linear) net are fixed."""
    exact = np.square(net[2]).sum((0, 3))
    assert measured(net, 4, cotangent="hadamard").map == pytest.approx(exact, rel=1e-5, abs=1e-9)
    assert measured(net, 8, cotangent="hadamard").map == pytest.approx(exact, rel=1e-5, abs=1e-9)
    assert measured(net, 3, cotangent="hadamard").map != pytest.approx(exact, rel=1e-2, abs=1e-9)


@pytest.mark.parametrize("count", [1, 2, 5, 16])
def test_hadamard_rows_are_orthogonal_on_any_number_of_channels(count):
    rows = 1 << (count - 1).bit_length()
    key = jax.random.key(0)
    made = [
        Estimator("hadamard").cotangents(key, i, (count,), jnp.zeros(count))
        for i in range(2 * rows)
    ]
    table = np.stack(made)
    assert set(np.unique(table)) <= {-1.0, 1.0}
    for cycle in (table[:rows], table[rows:]):
        assert np.array_equal(cycle.T @ cycle, rows * np.eye(count))


def test_all_ones_adds_the_cross_terms(net):
    summed = net[2].sum(0)
    erf = measured(net, 2, cotangent="ones")
    assert erf.map == pytest.approx(np.square(summed).sum(-1), rel=1e-5, abs=1e-9)


def test_active_channels_alone_are_charged():
    """Three channels, of which one is positive and one is nought at the feature."""
    weights = jnp.array([[1.0, 0.0, -2.0], [0.5, 1.0, 3.0]])
    images = np.array([[[1.0, 0.0]]], np.float32)
    erf = jaxrf.measure_erf(
        lambda x: x @ weights,
        (1, 1, 2),
        inputs=images,
        samples=1,
        estimator=Estimator("active", "relu(g)"),
    )
    assert erf.map.tolist() == [1.5]  # the gradient of the first channel is (1, 0.5)


@pytest.mark.parametrize(
    ("quantity", "of"),
    [
        ("|g|", np.abs),
        ("relu(g)", lambda g: np.maximum(g, 0)),
        ("relu(mean g)", lambda g: np.maximum(g.mean(-1, keepdims=True), 0)),
        ("mean g", lambda g: g),
    ],
)
def test_quantities(quantity, of, net):
    erf = measured(net, 2, cotangent="ones", quantity=quantity)
    expected = of(net[2].sum(0)).sum(-1)
    shown = np.abs(expected) if quantity == "mean g" else expected
    assert erf.map == pytest.approx(shown, rel=1e-4, abs=1e-6)
    assert erf.to_dict()["map"] == ("|mean g|" if quantity == "mean g" else quantity)
    assert erf.luo_size == jaxrf.measure.metrics.luo_size(erf.map[erf.crop], erf.crop_center)


def test_a_signed_mean_cancels_between_samples():
    """X -> w x with random w: the mean of g falls off, the mean of |g| does not."""
    net = RandomNet(1, 1, rank=1)
    maps = {
        q: jaxrf.measure_erf(
            net, (1, 5, 1), samples=400, estimator=Estimator("ones", q), seed=1
        ).map.sum()
        for q in ("|g|", "mean g")
    }
    assert maps["mean g"] < 0.2 * maps["|g|"]


def test_normalized_samples_weigh_the_same():
    """Images of very different scale under x^2, whose gradient is 2 x."""
    images = np.array([[[1.0], [2.0]], [[100.0], [100.0]]], np.float32)
    options = {"inputs": images, "samples": 2, "at": (0,)}

    def model(x):
        return jnp.square(x) + jnp.square(x[:, ::-1]) * 0.5

    erf = jaxrf.measure_erf(model, (1, 2, 1), estimator=Estimator(normalize=True), **options)
    shares = [np.array([x**2, 0.25 * y**2]) for x, y in images[..., 0].astype(float)]
    assert erf.map == pytest.approx(np.mean([s / s.sum() for s in shares], axis=0))
    assert erf.to_dict()["map"] == "g^2, normalized"


def test_a_dead_sample_stays_nought_when_normalized():
    maps = Estimator(normalize=True).normalized(np.array([[0.0, 0.0], [1.0, 3.0]]))
    assert maps.tolist() == [[0.0, 0.0], [0.25, 0.75]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cotangent": "two"}, "cotangent: got 'two', need one of rademacher, gaussian"),
        ({"quantity": "g"}, r"quantity: got 'g', need one of g\^2"),
        ({"positions": 0}, "positions: got 0, need at least 1"),
        ({"quantity": "mean g"}, "whose signs average to nothing; need ones, one-hot"),
        ({"quantity": "relu(g)", "positions": 4}, r"need g\^2 or \|g\|, or 1 position"),
    ],
)
def test_what_cannot_be(options, words):
    with pytest.raises(InvalidInput, match=words):
        Estimator(**options)
