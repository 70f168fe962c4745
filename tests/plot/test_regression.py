"""Least squares on a logarithm, against scipy and the textbook."""

import numpy as np
import pytest
import scipy.stats

from jaxrf.errors import InvalidInput
from jaxrf.plot.regression import fit_log
from tests.helpers.figures import X, Y


def test_the_fit_is_that_of_scipy_and_its_band_that_of_the_textbook():
    fit, wanted = fit_log(X, Y), scipy.stats.linregress(np.log(X), Y)
    assert (fit.a, fit.b) == pytest.approx((wanted.intercept, wanted.slope))
    assert fit.a_stderr == pytest.approx(wanted.intercept_stderr)
    assert fit.b_stderr == pytest.approx(wanted.stderr)
    assert fit.r2 == pytest.approx(wanted.rvalue**2)
    # At ln x = 0 the line is a, so that its band is t times the standard error of a.
    t = scipy.stats.t.ppf(0.975, len(X) - 2)
    assert fit.half_width(np.array(1.0)) == pytest.approx(t * wanted.intercept_stderr)


def test_the_band_holds_the_true_line_as_often_as_it_says():
    random, held = np.random.default_rng(0), 0
    for _ in range(2000):
        fit = fit_log(X, 30 + 6 * np.log(X) + random.normal(0, 3, len(X)))
        held += abs(fit(np.array(500.0)) - 30 - 6 * np.log(500)) < fit.half_width(np.array(500.0))
    assert held / 2000 == pytest.approx(0.95, abs=0.015)  # 3 standard errors


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([0, 1, 2], X[:3])])
def test_too_little_to_fit_is_refused(x, y):
    with pytest.raises(InvalidInput, match="need three points"):
        fit_log(x, y)
