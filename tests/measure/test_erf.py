"""Effective fields against maps that are known exactly, and statistics against themselves.

Covers: measure.effective_field, measure.result.
"""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.measure import metrics
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.bootstrap import Replicates, standard_errors
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler
from tests.helpers.stacks import RandomNet, boxes


def box_line(layers):
    line = np.ones(1)
    for _ in range(layers):
        line = np.convolve(line, np.ones(3))
    return line


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_stack_of_boxes_is_known_exactly(rank, channels):
    """Every path weighs 1: the gradient is the box spline times channels^(layers - 1) x a sign."""
    layers, size = 4, 13
    shape = (1, *(size,) * rank, channels)
    erf = jaxrf.measure_erf(boxes(layers, rank, channels), shape, samples=5, seed=1)
    line = np.pad(box_line(layers), 2)
    expected = line
    for _ in range(rank - 1):
        expected = np.multiply.outer(expected, line)
    if channels == 1:  # with two channels the signs may cancel, in which case nothing is left
        assert erf.map == pytest.approx(expected**2, rel=1e-5, abs=1e-9)
        assert erf.stderr == pytest.approx(0.0, abs=1e-3)
    assert erf.map / erf.map.max() == pytest.approx(expected**2 / expected.max() ** 2, rel=1e-5)
    offsets = np.arange(size) - 6
    variance = (line**2 * offsets**2).sum() / (line**2).sum()
    assert np.square(erf.sigma) == pytest.approx([variance] * rank, rel=1e-5)


def test_sigma_of_a_random_linear_net():
    erf = jaxrf.measure_erf(RandomNet(5, 16), (1, 15, 15, 2), samples=192, seed=0)
    check_sigma(erf, 5, tolerance=0.05)


@pytest.mark.slow
def test_sigma_of_forty_random_layers():
    """An acceptance criterion: sigma = sqrt(2 n / 3) within 3 standard errors of under 2 %."""
    erf = jaxrf.measure_erf(RandomNet(40, 16), (1, 81, 81, 1), samples=192, seed=0, batch=1)
    check_sigma(erf, 40, tolerance=0.02)


def check_sigma(erf, depth, tolerance):
    expected = math.sqrt(2 * depth / 3)
    for sigma, error in zip(erf.sigma, erf.errors["sigma"], strict=True):
        assert 0 < error < tolerance * expected
        assert abs(sigma - expected) < 3 * error


def test_standard_errors_agree_with_the_scatter_of_repetitions():
    """24 times 32 samples, the samples themselves drawn by one compiled function."""
    repetitions, samples = 24, 32
    base = jaxrf.measure_erf(RandomNet(3, 3, rank=1), (1, 13, 1), samples=2)
    everything = Plan(repetitions * samples, repetitions * samples, 0)
    analysis = jaxrf.analyze(RandomNet(3, 3, rank=1), (1, 13, 1))
    drawn = Sampler(analysis, "output", base.at, everything)
    runs = []
    for n in range(repetitions):
        plan = Plan(samples, samples, 0)
        state = Accumulator.empty((13,), base.crop, seed=n)
        for i in range(n * samples, (n + 1) * samples):
            state.add(drawn.energies(drawn.weights(i), [i]))
        statistics = {
            "map": state.mean,
            "stderr": state.stderr,
            "replicates": Replicates.of(state),
        }
        runs.append(dataclasses.replace(base, plan=plan, **statistics))

    def numbers(m):
        radius = metrics.energy_radius(m, base.crop_center, 0.5)
        return {"sigma": metrics.moments(m, base.crop_center).sigma, "radius": radius}

    found = [numbers(r.map[r.crop]) for r in runs]
    errors = [standard_errors(r.replicates, numbers) for r in runs]
    for name in ("sigma", "radius"):
        scatter = np.std([f[name] for f in found], axis=0, ddof=1)
        stated = np.sqrt(np.mean(np.square([e[name] for e in errors]), axis=0))
        assert np.all((stated / scatter > 0.6) & (stated / scatter < 1.7)), name
    inside = slice(3, 10)
    scatter = np.std([r.map for r in runs], axis=0, ddof=1)[inside]
    stated = np.sqrt(np.mean([r.stderr**2 for r in runs], axis=0))[inside]
    assert 0.6 < np.median(stated / scatter) < 1.7


@pytest.mark.slow  # its small sibling is test_estimator.py with the same signs
def test_random_signs_measure_the_energy_of_all_channels():
    """E (sum_c e_c J_c)^2 = sum_c J_c^2, against the full Jacobian of a net with fixed weights."""
    net = RandomNet(2, 3)
    variables = net.init(jax.random.key(5), jnp.zeros((1, 7, 7, 2)))
    jacobian = jax.jacrev(lambda x: net.apply(variables, x)[0, 3, 3])(jnp.zeros((1, 7, 7, 2)))
    exact = np.square(np.asarray(jacobian, np.float64)).sum((0, 1, 4))
    erf = jaxrf.measure_erf(net, (1, 7, 7, 2), samples=4000, variables=variables, batch=500)
    core = exact > 0
    assert not erf.map[~core].any()
    deviation = (erf.map[core] - exact[core]) / erf.stderr[core]
    assert np.abs(deviation).max() < 5
    assert np.sqrt(np.mean(deviation**2)) < 2
    assert erf.map.sum() == pytest.approx(exact.sum(), rel=0.03)
    summed = np.square(np.asarray(jacobian.sum(0), np.float64)).sum((0, 3))
    assert abs(summed.sum() / exact.sum() - 1) > 0.05  # what a sum over channels would have given


def square(x):
    """The gradient is 2 x: the map is 4 times the mean of x^2."""
    return x**2


def test_images_are_the_inputs_in_turn():
    images = np.random.default_rng(0).normal(size=(3, 5, 6, 1)).astype(np.float32)
    erf = jaxrf.measure_erf(square, (1, 5, 6, 1), inputs=images, samples=7, at=(2, 3), batch=2)
    expected = np.zeros((5, 6))
    expected[2, 3] = 4 * np.mean(images[:, 2, 3, 0] ** 2)  # each counts once
    assert erf.map == pytest.approx(expected, rel=1e-5)
    assert (erf.inputs, erf.plan.factors, erf.tails.units) == ("given", ("input",), 3)


def test_random_inputs_are_standard_normal():
    erf = jaxrf.measure_erf(square, (1, 3, 3, 64), samples=200, at=(1, 1), batch=50)
    assert erf.map[1, 1] == pytest.approx(4 * 64, rel=0.05)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.ones((2, 5, 5, 1)), r"got an array of shape \(2, 5, 5, 1\), need \(N, 5, 6, 1\)"),
        (np.ones((5, 6, 1)), r"got an array of shape \(5, 6, 1\)"),
        (np.ones((0, 5, 6, 1)), "got no images"),
        (np.full((1, 5, 6, 1), np.nan), "not finite"),
    ],
)
def test_images_that_do_not_fit(images, words):
    with pytest.raises(InvalidInput, match=words):
        jaxrf.measure_erf(square, (1, 5, 6, 1), inputs=images, samples=2)


def test_given_variables_are_used_and_make_samples_the_units():
    net = RandomNet(1, 1)
    weights = jnp.arange(9.0).reshape(3, 3, 1, 1)
    erf = jaxrf.measure_erf(net, (1, 5, 5, 1), samples=3, variables=[weights])
    assert erf.map[1:4, 1:4] == pytest.approx(np.arange(9.0).reshape(3, 3) ** 2)
    assert erf.plan.weight_seeds == 0
    assert erf.tails.units == 3
    with pytest.raises(InvalidInput, match="weight seeds: got 2, but the weights"):
        jaxrf.measure_erf(net, (1, 5, 5, 1), samples=3, variables=[weights], weight_seeds=2)


def test_weight_seeds():
    """Networks drawn: one a sample by default, one in all, or several with their samples."""
    net = RandomNet(1, 1)

    def draw(weight_seeds, samples=6):
        return jaxrf.measure_erf(net, (1, 5, 5, 1), samples=samples, weight_seeds=weight_seeds)

    def drawn(weight_seeds):  # one kernel and one channel: the map of a unit is the squared kernel
        plan = Plan(6, weight_seeds, 0)
        some = Sampler(jaxrf.analyze(net, (1, 5, 5, 1)), "output", (2, 2), plan)
        maps = [some.energies(some.weights(c.network), c.samples[:1])[0] for c in plan.cells]
        return {tuple(np.round(m[1:4, 1:4].ravel(), 9)) for m in maps}

    assert len(drawn(6)) == 6
    assert draw(None).tails.units == 6
    assert len(drawn(1)) == 1
    assert draw(1).tails.units == 6
    assert len(drawn(3)) == 3
    assert draw(3).tails.units == 3
    assert drawn(1) <= drawn(3) <= drawn(6)  # network i is the same throughout
    assert draw(3).map[1:4, 1:4].ravel() == pytest.approx(np.mean(list(drawn(3)), axis=0))
    assert np.isnan(draw(None, samples=1).stderr).all()
    assert draw(1).stderr == pytest.approx(0, abs=1e-9)


def test_units_and_samples():
    assert Plan(10, 3, 0).units == 3
    assert [len(cell.samples) for cell in Plan(10, 3, 0).cells] == [3, 3, 4]
    assert [i for cell in Plan(10, 3, 0).cells for i in cell.samples] == list(range(10))
    for plan in (Plan(10, 1, 0), Plan(10, 0, 0)):
        assert plan.units == 10
    assert Plan(10, 3, 0).cut(2) == Plan(6, 2, 0)
    assert Plan(10, 1, 0).cut(4) == Plan(4, 1, 0)
    assert Plan(10, 3, 0).cut(3) == Plan(10, 3, 0)
