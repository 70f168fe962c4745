"""Convolutions through spectra: against their definition, and the law that they follow.

Covers: theory.rules.spectral_products, theory.rules.filters.
"""

from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.geometry.interval import Interval
from jaxrf.program.trace import trace
from jaxrf.theory.analyze import analyze
from jaxrf.theory.build import graph_of
from jaxrf.theory.solve.support import solve_support
from tests.helpers.oracle import gradient_pattern
from tests.helpers.randomfourier import random_convolution
from tests.helpers.slow import some_slow

LENGTH = 32


def convolved(x, k, n, turn=False):
    """[batch, time, channels], with a kernel that all channels share."""
    factor = jnp.fft.rfft(jnp.asarray(k, x.dtype), n)[:, None]
    factor = jnp.conj(factor) if turn else factor
    return jnp.fft.irfft(jnp.fft.rfft(x, n, axis=1) * factor, n, axis=1)[:, : x.shape[1]]


def taps(size):
    return np.random.default_rng(size).normal(size=size)


def supports(convolution):
    traced = trace(convolution, convolution.shape)
    graph = graph_of(traced).graph
    node = graph_of(traced).node_of[traced.endpoints[traced.output]]
    output = graph.nodes[node].shape
    for at in np.ndindex(output):
        mask = np.zeros(output, bool)
        mask[at] = True
        yield at, solve_support(graph, node, mask)


@pytest.mark.parametrize("seed", some_slow(range(300), range(16, 300)))
def test_random_convolutions_read_what_their_definition_says(seed):
    convolution = random_convolution(seed)
    pattern = convolution.pattern()
    for at, support in supports(convolution):
        np.testing.assert_array_equal(support, pattern[at], err_msg=f"{convolution}, output {at}")


@pytest.mark.parametrize("seed", [3, 8, 14])
def test_the_definition_is_what_the_function_does(seed):
    convolution = random_convolution(seed)
    pattern = convolution.pattern()
    assert pattern.any()
    np.testing.assert_array_equal(gradient_pattern(convolution, convolution.shape), pattern)


@pytest.mark.parametrize(
    ("f", "size", "padding"),
    [
        (lambda x: convolved(x, taps(5), 2 * LENGTH), 5, 4),
        (lambda x: convolved(x, taps(5), LENGTH + 4), 5, 4),
        (lambda x: convolved(x, taps(5), 2 * LENGTH, turn=True), 5, 0),
        (lambda x: convolved(x, taps(5), LENGTH), 5, 4),  # a ring is circular padding
        (lambda x: convolved(x, taps(LENGTH), 2 * LENGTH), LENGTH, LENGTH - 1),
        (lambda x: convolved(convolved(x, taps(5), 64), taps(3), 64), 7, 6),
    ],
    ids=["causal", "as much padding as it needs", "correlation", "ring", "whole length", "two"],
)
def test_a_convolution_follows_the_law_of_its_window(f, size, padding):
    analysis = analyze(f, (1, LENGTH, 2))
    field = analysis.output
    assert (field.size, field.stride, field.padding) == ((size,), (Fraction(1),), (padding,))
    assert field.global_via == (None,)
    assert analysis.approximate == ()


def test_a_plane_has_one_window_an_axis():
    def f(x):
        k = jnp.asarray(taps(15).reshape(3, 5), x.dtype)[..., None]
        axes, sizes = (1, 2), (16, 20)
        y = jnp.fft.rfft2(x, sizes, axes) * jnp.fft.rfft2(k, sizes, (0, 1))
        return jnp.fft.irfft2(y, sizes, axes)[:, 1:13, 2:14]

    field = analyze(f, (1, 12, 12, 1)).output
    assert (field.size, field.padding) == ((3, 5), (1, 2))


def test_behind_a_stride_the_window_counts_in_pixels():
    field = analyze(lambda x: convolved(x[:, ::2] + x[:, 1::2], taps(3), 32), (1, 32, 1)).output
    assert (field.size, field.stride, field.padding) == ((6,), (2,), (4,))


def test_a_full_circle_sees_the_axis_and_is_exact():
    analysis = analyze(lambda x: convolved(x, taps(LENGTH), LENGTH), (1, LENGTH, 1))
    assert "FFT" in analysis.output.global_via[0]
    assert analysis.approximate == ()


def test_learned_filters_and_spectra_as_features_are_exact():
    def operator(x):
        weights = jnp.asarray(taps(17) + 1j * taps(17), jnp.complex64)[:, None]
        return jnp.fft.irfft(jnp.fft.rfft(x, axis=1) * weights, LENGTH, axis=1)

    def spectrogram(x):
        return jnp.abs(jnp.fft.rfft(x.reshape(1, 8, 4), axis=2))

    assert analyze(operator, (1, LENGTH, 1)).approximate == ()
    analysis = analyze(spectrogram, (1, LENGTH, 1))
    assert analysis.approximate == ()
    field = analysis.output
    assert (field.size, field.stride, field.global_via) == ((4,), (4,), (None,))


def test_a_known_filter_with_few_taps_is_only_bounded():
    def shifted(x):
        turn = jnp.exp(-2j * jnp.pi * jnp.arange(17) * 3 / LENGTH).astype(jnp.complex64)
        return jnp.fft.irfft(jnp.fft.rfft(x, axis=1) * turn[:, None], LENGTH, axis=1)

    assert "FFT" in analyze(shifted, (1, LENGTH, 1)).approximate[0]


def test_spectra_that_come_from_too_many_ways_are_read_whole():
    def f(x):
        factor = jnp.fft.rfft(jnp.asarray(taps(3), x.dtype), 64)[:, None]
        y = jnp.fft.rfft(x, 64, axis=1)
        for _ in range(8):
            y = y + y * factor
        return jnp.fft.irfft(y, 64, axis=1)

    def g(x):
        y = jnp.fft.rfft(x, 64, axis=1)
        for _ in range(300):
            y = y / 2
        return jnp.fft.irfft(y, 64, axis=1)

    for model in (f, g):
        assert "FFT" in analyze(model, (1, LENGTH, 1)).output.global_via[0]


def test_long_kernels_stay_small():
    length, size = 1 << 15, 9000
    analysis = analyze(lambda x: convolved(x, taps(size), 2 * length), (1, length, 1))
    assert analysis.output.size == (size,)
    assert analysis.support(None, (length - 1,)).box == (Interval(length - size, length - 1),)
    assert len(analysis.graph) < 30


def test_operations_in_the_frequency_domain_are_counted_once():
    def f(x):
        y = jnp.fft.rfft(x, 64, axis=1) * jnp.fft.rfft(jnp.ones(3), 64)[:, None]
        return jnp.fft.irfft(y, 64, axis=1) + jnp.fft.irfft(y, 64, axis=1)[:, ::-1]

    analysis = analyze(f, (1, LENGTH, 1))
    assert analysis.flops(analysis.names[-1]) == 33 + 64
