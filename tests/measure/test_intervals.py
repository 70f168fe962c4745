"""Intervals, and R^2 without noise, on maps whose expectation and noise are known.

Covers: measure.noise.
"""

import dataclasses

import numpy as np
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.geometry.interval import Interval
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.bootstrap import Replicates
from jaxrf.measure.metrics import describe, fit_gaussian
from jaxrf.measure.plan import Plan
from jaxrf.measure.result import ERF

SIDE = 21
LINE = np.exp(-((np.arange(SIDE) - 10.0) ** 2) / (2 * 3.0**2))
BELL = np.multiply.outer(LINE, LINE)
CENTER = (10.0, 10.0)


def measured(maps, seed=0):
    state = Accumulator.empty(maps.shape[1:], seed=seed)
    state.add(maps)
    box = tuple(Interval(0, n - 1) for n in maps.shape[1:])
    return ERF(
        map=state.mean,
        stderr=state.stderr,
        replicates=Replicates.of(state),
        center=state.center,
        box=box,
        virtual=box,
        endpoint="output",
        at=(0, 0),
        plan=Plan(len(maps), len(maps), 0),
        inputs="normal",
    )


def noisy(count, seed, freedom=1):
    rng = np.random.default_rng(seed)
    return BELL * rng.chisquare(freedom, (count, SIDE, SIDE)) / freedom


def test_noise_is_no_misfit():
    plain, free = [], []
    for seed in range(6):
        erf = measured(noisy(16, seed))
        plain.append(erf.fit.r2)
        free.append(erf.r2)
    assert fit_gaussian(BELL, CENTER).r2 == pytest.approx(1)
    assert np.mean(plain) < 0.93  # a squared gradient: two degrees of noise per pixel
    assert np.mean(free) == pytest.approx(1, abs=0.02)
    assert max(free) <= 1


def test_a_misfit_is_no_noise():
    """A map that is no Gaussian keeps its R^2, however many networks it is known from."""
    pedestal = BELL + 0.3 * (np.hypot(*np.indices((SIDE, SIDE)) - 10) < 9)
    truth = fit_gaussian(pedestal, CENTER).r2
    assert truth < 0.97
    few, many = (measured(noisy(count, 3, freedom=4) / BELL * pedestal).r2 for count in (12, 200))
    assert (few, many) == (pytest.approx(truth, abs=0.04), pytest.approx(truth, abs=0.01))


def flat(value, number):
    """The ends of a number's interval beside its exact value, one for each axis."""
    if isinstance(number, tuple):
        pairs = zip(value, number, strict=True)
        return [row for v, n in pairs for row in flat(v, n)]
    return [(*value, number)]


def test_intervals_hold_the_exact_numbers_and_lattices_stay():
    truth = describe(BELL, CENTER, size=(SIDE, SIDE), image=(SIDE, SIDE))
    inside = []
    for seed in range(8):
        erf = measured(noisy(48, seed, freedom=3))
        ends = erf.intervals()
        for name, exact in truth.items():
            inside += [low - 1e-9 <= n <= high + 1e-9 for low, high, n in flat(ends[name], exact)]
        sides = np.array([ends[f"square_side_{t}"] for t in (0.2, 0.3, 0.5, 0.99)])
        assert np.array_equal(sides % 2, np.ones_like(sides))
        low, high = ends["luo_size"]
        assert low <= erf.luo_size <= high
        assert round(low**2, 6) == round(low**2)
        assert ends["r2"][1] <= 1
        wide = erf.intervals(0.99)
        assert wide["sigma"][0][0] < ends["sigma"][0][0] < ends["sigma"][0][1] < wide["sigma"][0][1]
    assert np.mean(inside) > 0.88


def test_too_few_units_have_no_interval():
    heavy = noisy(32, 0) * np.r_[1000.0, np.ones(31)][:, None, None]
    assert measured(heavy).intervals() is None
    assert measured(noisy(4, 0)).intervals() is None
    one = measured(noisy(1, 0))
    assert one.intervals() is None
    assert np.isnan(one.errors["r2"])
    assert one.r2 == pytest.approx(one.fit.r2)  # nothing is known of its noise
    with pytest.raises(InvalidInput, match="level: got 1.5, need a probability"):
        measured(noisy(8, 0)).intervals(1.5)


def test_errors_of_heavy_tails_are_inflated():
    rng = np.random.default_rng(5)
    maps = noisy(24, 5) * np.exp(1.5 * rng.normal(size=24))[:, None, None]
    erf = measured(maps)
    assert erf.tails.inflation > 1.03 > measured(noisy(24, 5, freedom=8)).tails.inflation
    light = dataclasses.replace(erf.replicates.tails, inflation=1.0)
    plain = dataclasses.replace(erf, replicates=dataclasses.replace(erf.replicates, tails=light))
    ratio = erf.errors["sigma"][0] / plain.errors["sigma"][0]
    assert ratio == pytest.approx(erf.tails.inflation)
