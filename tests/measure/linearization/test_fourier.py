"""Convolutions through spectra, measured: without rounding, and without theory's own recogniser."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.comparison.compare import compare
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.words import IDENTITY, Read
from jaxrf.measure.support import SupportMeter, measure_support
from jaxrf.theory.analyze import analyze
from jaxrf.theory.rules import THEORY
from tests.helpers.linearcase import jacobian
from tests.helpers.randomfourier import random_convolution
from tests.helpers.slow import some_slow

LENGTH = 16


def taps(size):
    return np.random.default_rng(size).normal(size=size)


FEW = taps(5)


def convolved(x, k=FEW, n=2 * LENGTH):
    factor = jnp.fft.rfft(jnp.asarray(k, x.dtype), n)[:, None]
    return jnp.fft.irfft(jnp.fft.rfft(x, n, axis=1) * factor, n, axis=1)[:, : x.shape[1]]


@pytest.fixture
def all_to_all(monkeypatch):
    """Theory as it would be without the recognition."""

    def plain(site):
        rank = len(site.out_shapes[0])
        kept = rank - len(site.params["fft_lengths"])
        return (Read(tuple((d, IDENTITY) if d < kept else None for d in range(rank))),)

    monkeypatch.setitem(THEORY.rules, "fft", plain)


@pytest.mark.parametrize("seed", some_slow(range(100), range(6, 100)))
def test_the_linearisation_is_the_convolution(seed):
    convolution = random_convolution(seed)
    table, pattern = jacobian(convolution, convolution.shape), convolution.pattern()
    assert (table >= 0).all()
    outputs = table.shape[: table.ndim - len(convolution.shape)]
    assert table.reshape(*outputs, -1).sum(-1).max() <= 1 + 1e-9
    np.testing.assert_array_equal(table > 0, pattern, err_msg=str(convolution))


def test_theory_and_both_measurements_agree():
    meter = SupportMeter(analyze(convolved, (1, LENGTH, 1)))
    for t in (0, 2, 10, 15):
        measured = meter.measure((t,))
        assert measured.equal
        assert measured.support.box == (Interval(max(0, t - 4), t),)
        assert np.array_equal(measured.plain.mask, measured.exact.mask)


def test_comparison_of_a_gated_long_convolution():
    def f(x):
        return x * convolved(jnp.tanh(x) * x, taps(LENGTH))

    result = compare(f, (1, LENGTH, 1), samples=2)
    assert result.equal
    assert not result.failures


def test_rounding_of_transforms_confirms_nothing(all_to_all):
    measured = measure_support(
        lambda x: convolved(x)[:, 10:11], (1, LENGTH, 1), spatial_axes=(1,), at=(0,)
    )
    assert measured.exact.box == (Interval(0, LENGTH - 1),)
    assert measured.support.box == measured.plain.box == (Interval(6, 10),)
    assert (measured.missing, measured.excess) == (0, LENGTH - 5)
    assert not measured.equal


def test_a_wrong_global_fails_a_comparison(all_to_all):
    result = compare(lambda x: convolved(x)[:, 10:11], (1, LENGTH, 1), samples=0)
    assert not result.equal
    assert "no impulse reaches" in result.failures[0]
    assert "test_fourier.py" in result.first_disagreement


def test_a_kernel_whose_values_fade_keeps_its_taps():
    def faded(x):
        rates = jnp.abs(jnp.asarray(taps(LENGTH), x.dtype)) * 1e4
        return convolved(x, jnp.exp(-rates))

    measured = measure_support(faded, (1, LENGTH, 1), at=(9,))
    assert measured.support.box == (Interval(0, 9),)
    assert measured.equal


def test_a_spectrum_can_be_an_end_point():
    def f(x):
        spectrum = jnp.fft.rfft(x, 2 * LENGTH, axis=1)
        return {"spectrum": spectrum, "signal": jnp.fft.irfft(spectrum, 2 * LENGTH, axis=1)}

    measured = measure_support(f, (1, LENGTH, 1), endpoint="spectrum")
    assert measured.support.box == (Interval(0, LENGTH - 1),)
    assert measured.equal
