"""Influence by noise: its limits, its places, and what it costs.

Covers: measure.influence, measure.perturbed_sampler.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.errors import InvalidInput, ModelError
from jaxrf.measure.perturbation import Perturbation
from jaxrf.measure.perturbed_sampler import cells_of


class Net:
    """Two 3-tap layers of random weights with a nonlinearity between."""

    def __init__(self, activation=jnp.tanh, width=4):
        self.activation, self.width = activation, width

    def init(self, key, x):
        one, two = jax.random.split(key)
        return {
            "one": jax.random.normal(one, (3, x.shape[-1], self.width)),
            "two": jax.random.normal(two, (3, self.width, 2)),
        }

    def apply(self, variables, x):
        for n, w in enumerate(variables.values()):
            x = self.activation(x) if n else x
            x = lax.conv_general_dilated(x, w, (1,), "SAME", None, None, ("NWC", "WIO", "NWC"))
        return x


SHAPE = (1, 15, 2)
COMMON = {"samples": 40, "seed": 3}


def influence(amplitude, model=None, shape=SHAPE, **options):
    return jaxrf.measure_influence(
        model or Net(), shape, amplitude=amplitude, **{**COMMON, **options}
    )


def exact(**options):
    """E g^2 without the noise of the signs, which influence does not have: many of them."""
    return jaxrf.measure_erf(Net(), SHAPE, **{**COMMON, **options})


@pytest.mark.parametrize("amplitude", [1e-5, 1e-3])
def test_for_a_small_amplitude_it_is_the_gradient(amplitude):
    """On one network and input, over the noise: the exact sum of squares, pixel by pixel."""
    fixed = {"weight_seeds": 1, "input_seeds": 1}
    found = influence(amplitude, samples=400, **fixed)
    truth = exact(samples=400, **fixed, estimator=jaxrf.Estimator(cotangent="hadamard"))
    assert np.array_equal(found.map > 0, truth.map > 0)
    off = (found.map - truth.map)[found.crop] / found.stderr[found.crop]
    assert np.abs(off).max() < 4
    assert found.sigma[0] == pytest.approx(truth.sigma[0], abs=4 * found.errors["sigma"][0])


def test_of_a_linear_network_the_amplitude_is_of_no_account():
    linear = Net(lambda x: x)
    small, large = (influence(a, linear).map for a in (1e-4, 10.0))
    assert small == pytest.approx(large, rel=1e-4)


def test_a_finite_amplitude_sees_what_no_derivative_does():
    def model(x):
        return jnp.sign(x[:, :-2] + 0.5 * x[:, 1:-1])

    assert not jaxrf.measure_erf(model, (1, 9, 1), samples=4).map.any()
    found = influence(1.0, model, (1, 9, 1), at=(2,), samples=64)
    assert np.flatnonzero(found.map).tolist() == [2, 3]
    assert found.map[2] > found.map[3] > 0


@pytest.mark.parametrize("batch", [1, 4])
def test_samples_do_not_depend_on_the_batch(batch):
    assert influence(0.5, batch=batch).map == pytest.approx(influence(0.5).map, rel=1e-5)


def test_pixels_that_cannot_matter_are_not_perturbed():
    found = influence(0.5)
    assert np.flatnonzero(found.map).tolist() == [5, 6, 7, 8, 9]
    assert "6 forward passes per sample: 5 pixels can matter" in found.notes[0]
    assert found.estimator == Perturbation(0.5, 1)


def test_cells_hold_the_mean_of_their_pixels():
    linear = Net(lambda x: x)
    fine, coarse = (influence(1.0, linear, samples=800, cell=c) for c in (1, 3))
    assert "3 cells of 3 pixels" in coarse.notes[0]
    assert np.array_equal(fine.map > 0, coarse.map > 0)
    means = [fine.map[5:6].mean(), fine.map[6:9].mean(), fine.map[9:10].mean()]
    error = coarse.stderr[[5, 7, 9]] + fine.stderr[[5, 7, 9]]
    assert np.all(np.abs(coarse.map[[5, 7, 9]] - means) < 4 * error)
    assert coarse.map[6] == coarse.map[7] == coarse.map[8]


def test_cells_are_numbered_about_the_centre():
    mask = np.ones((5, 6), bool)
    mask[0] = False
    labels = cells_of(mask, (2.0, 2.5), 3)
    assert labels[0].tolist() == [-1] * 6
    assert labels[1:4, 1:4].tolist() == [[labels[2, 2]] * 3] * 3
    assert set(labels.ravel()) == set(range(-1, labels.max() + 1))


def test_the_size_of_cells_is_chosen(monkeypatch):
    monkeypatch.setattr("jaxrf.measure.perturbed_sampler.MOST_CELLS", 3)
    found = influence(1.0, samples=2)
    assert found.estimator.cell == 2
    assert int(found.notes[0].split()[0]) <= 4


def test_weights_in_float32_say_what_their_rounding_does():
    w = np.ones((3, 1, 1), np.float32)

    def model(x):
        return lax.conv_general_dilated(x, w, (1,), "SAME", None, None, ("NWC", "WIO", "NWC"))

    assert "its own precision" in influence(1e-3, model, (1, 9, 1), samples=2).notes[-2]
    first, cut = influence(1.0, model, (1, 9, 1), samples=2).notes
    assert "forward passes" in first
    assert "cut to what is measured" in cut


def test_two_dimensions_and_several_inputs():
    def model(x, y):
        return x[:, 1:, 1:] + x[:, :-1, :-1] * y

    analysis = jaxrf.analyze(model, [(1, 4, 4, 1), (1, 3, 3, 1)])
    found = jaxrf.measure_influence(analysis, at=(0, 1), samples=8, amplitude=0.5)
    assert np.argwhere(found.map).tolist() == [[0, 1], [1, 2]]


def test_an_interrupted_run_goes_on(tmp_path):
    state = tmp_path / "state.npz"

    def stop(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        influence(0.5, progress=stop, checkpoint=state)
    assert state.exists()
    done = []
    found = influence(0.5, checkpoint=state, progress=lambda n, total: done.append(n))
    assert done[0] == 6
    assert np.array_equal(found.map, influence(0.5).map)
    with pytest.raises(KeyboardInterrupt):
        influence(0.5, progress=stop, checkpoint=state)
    with pytest.raises(InvalidInput, match="repeat the options"):
        influence(0.6, checkpoint=state)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"amplitude": 0.0}, "amplitude: got 0.0"), ({"amplitude": np.nan}, "amplitude: got nan"),
     ({"amplitude": 1.0, "cell": 0}, "cell: got 0")],
)  # fmt: skip
def test_what_is_no_perturbation_is_refused(options, words):
    with pytest.raises(InvalidInput, match=words):
        influence(**options)


def test_values_that_are_not_finite_are_an_error():
    with pytest.raises(ModelError, match="not finite"):
        influence(1e3, lambda x: jnp.exp(x * x), (1, 5, 1), samples=2)
