"""What no output reads, by the union of all exact supports, and taps that meet only padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.geometry.words import Window
from jaxrf.theory.unread_inputs import Unread


def resized(method, antialias):
    return lambda x: jax.image.resize(x, (1, 16, 1), method, antialias=antialias)


@pytest.mark.parametrize(
    ("model", "count", "text"),
    [
        (
            resized("nearest", True),
            48,
            "output reads 1/4 of the input, never 48 of 64 indices of axis 1 "
            "(0 to 1, 3 to 5, 7 to 9, ...)",
        ),
        (
            resized("bilinear", False),
            32,
            "output reads half of the input, never 32 of 64 indices of axis 1 "
            "(0, 3 to 4, 7 to 8, ...)",
        ),
        (
            lambda x: x[:, :-1:7] + x[:, 1::7],
            46,
            "output reads 28.1% of the input, never 46 of 64 indices of axis 1 "
            "(2 to 6, 9 to 13, 16 to 20, ...)",
        ),
        (
            lambda x: x[:, 1:],
            1,
            "output reads 98.4% of the input, never 1 of 64 indices of axis 1 (0)",
        ),
        (resized("bilinear", True), 0, "output reads the whole input"),
        (lambda x: x.mean(1), 0, "output reads the whole input"),
    ],
)
def test_what_no_output_reads(model, count, text):
    analysis = jaxrf.analyze(model, (1, 64, 1))
    unread = analysis.unread()
    assert (unread.count, unread.sentence) == (count, text)
    read = [analysis.support(at=(u,)).mask for u in range(analysis.grid("output")[0])]
    np.testing.assert_array_equal(unread.mask, ~np.any(read, 0))
    notes = analysis.table().notes
    assert (text in notes) == bool(count)


def test_holes_that_are_no_whole_row():
    board = (np.indices((6, 8)).sum(0) % 2 == 0)[None, :, :, None]
    analysis = jaxrf.analyze(lambda x: jnp.where(board, x, 0.0), (1, 6, 8, 1))
    assert analysis.unread().sentence == "output reads half of the input, never 24 of 48 positions"
    assert analysis.to_dict()["unread"] == {
        "endpoint": "output",
        "count": 24,
        "share": 0.5,
        "axes": [
            {"axis": 1, "count": 0, "length": 6},
            {"axis": 2, "count": 0, "length": 8},
        ],
    }


def test_axes_that_share_their_holes_are_told_together():
    square = jaxrf.analyze(lambda x: x[:, ::2, ::2], (1, 6, 6, 1)).unread()
    assert square.sentence == (
        "output reads 1/4 of the input, never 3 of 6 indices of axes 1, 2 (1, 3, 5)"
    )
    oblong = jaxrf.analyze(lambda x: x[:, 1:, ::2], (1, 6, 6, 1)).unread()
    assert oblong.sentence.endswith(
        "never 1 of 6 indices of axis 1 (0) nor 3 of 6 indices of axis 2 (1, 3, 5)"
    )


def test_a_share_is_never_rounded_to_all_or_nothing():
    mask = np.zeros(10_000, bool)
    mask[5] = True
    assert Unread(mask, (1,), "y").sentence.startswith(
        "y reads nearly all of the input, never 1 of"
    )
    assert Unread(~mask, (1,), "y").sentence.startswith("y reads 0.01% of the input, never 9999 of")


def dilated(x, dilation, padding="SAME"):
    weights = jnp.ones((3, 3, x.shape[-1], x.shape[-1]))
    return lax.conv_general_dilated(
        x, weights, (1, 1), padding, None, (dilation, dilation), ("NHWC", "HWIO", "NHWC")
    )


def padded_apart(x, dilation):
    d = (dilation, dilation)
    return dilated(jnp.pad(x, ((0, 0), d, d, (0, 0))), dilation, "VALID")


@pytest.mark.parametrize("conv", [dilated, padded_apart])
def test_a_kernel_in_disguise(conv):
    analysis = jaxrf.analyze(lambda x: conv(conv(x, 1), 16), (1, 11, 22, 2))
    (window,) = analysis.outside_taps()
    assert (window.kernel, window.inside) == ((3, 3), (1, 3))
    assert window.sentence.startswith("convolution (at ")
    assert window.sentence.endswith(
        "6 of 9 taps lie outside for every output (a 1x3 kernel in disguise)"
    )
    assert window.sentence in analysis.table().notes
    assert analysis.to_dict()["outside_taps"] == [window.to_dict()]


def test_a_window_with_a_tap_inside_somewhere_has_none_outside():
    assert jaxrf.analyze(lambda x: dilated(x, 4), (1, 6, 9, 1)).outside_taps() == ()


def test_many_of_one_line_are_told_once():
    def model(x):
        for dilation in range(12, 19):
            x = dilated(x, dilation)
        return x

    notes = [n for n in jaxrf.analyze(model, (1, 11, 11, 1)).table().notes if "outside" in n]
    assert len(notes) == 1  # they stand in one line of the source
    assert "8 of 9" in notes[0]


@pytest.mark.parametrize("seed", range(40))
def test_taps_inside_by_counting(seed):
    rng = np.random.default_rng(seed)
    kernel, stride, dilation, base = (int(n) for n in rng.integers(1, 5, 4))
    before, after = (int(n) for n in rng.integers(0, 12, 2))
    window, length = Window(kernel, stride, before, after, dilation, base), int(rng.integers(1, 9))
    real = np.zeros(length * base - base + 1, int)
    real[::base] = 1
    extended = np.pad(real, (before, after))
    outputs = window.output_length(length)
    met = [any(extended[u * stride + j * dilation] for u in range(outputs)) for j in range(kernel)]
    assert window.taps_inside(outputs, 0, length) == sum(met)
