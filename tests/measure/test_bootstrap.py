"""Bootstrap errors against the scatter of repetitions, and against the formula of a mean.

Covers: measure.tails.
"""

import math

import numpy as np
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.bootstrap import Replicates, standard_errors
from jaxrf.measure.metrics import describe, fit_gaussian, luo_size, moments
from jaxrf.measure.tails import Tails


def drawn(units, seed=0):
    state = Accumulator.empty(units.shape[1:], seed=seed)
    state.add(units)
    return Replicates.of(state)


def bell(size, sigma):
    line = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * sigma**2))
    return np.multiply.outer(line, line)


@pytest.mark.parametrize("count", [2, 3, 8, 40])
def test_the_error_of_a_mean_is_right_for_few_units_too(count):
    """Over many seeds its square is the variance over the units, Bessel-corrected, over N."""
    units = np.random.default_rng(count).chisquare(3, (count, 1))
    squares = [
        standard_errors(drawn(units, seed), lambda m: {"mean": float(m[0])})["mean"] ** 2
        for seed in range(150)
    ]
    assert np.mean(squares) == pytest.approx(units.var(ddof=1) / count, rel=0.1)


def test_errors_are_the_scatter_of_repetitions():
    rng = np.random.default_rng(4)
    truth = bell(31, 4.0)

    def statistics(m):
        return {"sigma": moments(m, (15, 15)).sigma, "luo": luo_size(m, (15, 15))}

    found, errors = [], []
    for _ in range(60):
        units = truth * rng.chisquare(4, (24, 31, 31))
        found.append(statistics(units.mean(0)))
        errors.append(standard_errors(drawn(units), statistics))
    for name in ("sigma", "luo"):
        scatter = np.std([f[name] for f in found], axis=0, ddof=1)
        stated = np.sqrt(np.mean(np.square([e[name] for e in errors]), axis=0))
        assert stated == pytest.approx(scatter, rel=0.3), name


def test_angles_are_taken_modulo_pi():
    angles = iter([1.57, -1.57, 1.56, -1.56])  # all within 0.03 rad of the y axis
    even = Replicates(np.ones((4, 2)), np.full(4, 5.0), 6, Tails(6, 6.0, 1 / 6), 6)
    error = standard_errors(even, lambda _: {"angle": next(angles)})["angle"]
    assert error == pytest.approx(np.std([1.57, math.pi - 1.57, 1.56, math.pi - 1.56], ddof=1))


def test_all_numbers_with_a_start():
    rng = np.random.default_rng(5)
    units = bell(21, 3.0) * rng.chisquare(10, (12, 21, 21))
    center, replicates = (10, 10), drawn(units)
    fit = fit_gaussian(units.mean(0), center)
    warm = standard_errors(replicates, lambda m: describe(m, center, start=fit, size=(21, 21)))
    cold = standard_errors(replicates, lambda m: describe(m, center, size=(21, 21)))
    assert warm.keys() == describe(units[0], center).keys()
    for name, value in cold.items():
        assert np.array(warm[name]) == pytest.approx(np.array(value), rel=1e-2), name
        assert np.isfinite(value).all(), name


def test_no_error_without_two_units_that_have_energy():
    units = np.zeros((5, 4))
    units[2] = 1.0, 2.0, 1.0, 0.5
    for some in (units, units[2:3]):
        errors = standard_errors(drawn(some), lambda m: describe(m, (1,)))
        assert np.isnan(errors["sigma"]).all()
        assert math.isnan(errors["r2"])
        assert np.shape(errors["covariance"]) == (1, 1)
        assert drawn(some).sigma_precision((1.0,)) == math.inf
    units[3, 0] = 1.0
    errors = standard_errors(drawn(units), lambda m: describe(m, (1,)))
    assert errors["sigma"][0] > 0  # though some replicates have neither of the two


def test_the_precision_is_the_worst_relative_error_of_sigma():
    rng = np.random.default_rng(6)
    units = np.multiply.outer(np.ones(9), bell(15, 2.0)[0]) * rng.chisquare(2, (30, 9, 15))
    replicates = drawn(units)
    error = standard_errors(replicates, lambda m: {"s": moments(m, (4, 7)).sigma})["s"]
    sigma = moments(units.mean(0), (4, 7)).sigma
    expected = max(e / s for e, s in zip(error, sigma, strict=True))
    assert replicates.sigma_precision((4.0, 7.0)) == pytest.approx(expected, rel=0.05)


def test_replicates_are_needed():
    with pytest.raises(InvalidInput, match="got no replicate"):
        standard_errors(
            Replicates(np.ones((0, 4)), np.ones(0), 0, Tails(0, 0.0, 0.0), 0), lambda m: {}
        )
