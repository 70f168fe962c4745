"""What onnx's reference leaves out or gets wrong, against answers worked out by hand."""

import numpy as np
import pytest

from tests.helpers.onnxnodes import Kept, case, floats, model_of, run

X = floats(1, 4, 7, 6)


def outcome(op, *operands, **options):
    return run(*model_of(case(op, *operands, **options)))


def test_groups_of_a_transposed_convolution_are_independent():
    kernel = floats(4, 3, 2, 3)
    (both,) = outcome("ConvTranspose", X, kernel, group=2, strides=[2, 1])
    halves = [
        outcome("ConvTranspose", X[:, half], kernel[half], strides=[2, 1])[0]
        for half in (slice(0, 2), slice(2, 4))
    ]
    np.testing.assert_allclose(both, np.concatenate(halves, 1), rtol=1e-5)


@pytest.mark.parametrize(
    ("auto_pad", "pads"), [("NOTSET", [1, 1, 0, 0]), ("SAME_UPPER", [0, 0, 1, 1])]
)
def test_output_shape_says_how_much_is_cut_off(auto_pad, pads):
    # s (n - 1) + k - m: 2 * 6 + 3 - 14 and 2 * 5 + 3 - 12 are 1, odd ones at the start by default
    kernel = floats(4, 2, 3, 3)
    (wanted,) = outcome(
        "ConvTranspose", X, kernel, strides=[2, 2], output_shape=[14, 12], auto_pad=auto_pad
    )
    (cut,) = outcome("ConvTranspose", X, kernel, strides=[2, 2], pads=pads)
    assert wanted.shape == (1, 2, 14, 12)
    np.testing.assert_array_equal(wanted, cut)


def test_a_window_that_hangs_over_the_end_averages_what_is_there():
    row = np.arange(1.0, 8.0, dtype=np.float32).reshape(1, 1, 7)
    (found,) = outcome("AveragePool", row, kernel_shape=[3], strides=[3], ceil_mode=1)
    np.testing.assert_allclose(found, [[[2, 5, 7]]])


def test_negative_padding_crops():
    pads = np.array([0, 0, -1, 2, 0, 0, 1, -2])
    (found,) = outcome("Pad", X, pads)
    expected = np.pad(X, [(0, 0), (0, 0), (0, 1), (2, 0)])[:, :, 1:, :-2]
    np.testing.assert_array_equal(found, expected)
    (found,) = outcome("Pad", X, pads, mode="edge", label="edge")
    expected = np.pad(X[:, :, 1:, :-2], [(0, 0), (0, 0), (0, 1), (2, 0)], "edge")
    np.testing.assert_array_equal(found, expected)


def test_global_pooling_in_three_dimensions():
    cube = floats(2, 3, 4, 5, 6)
    (largest,) = outcome("GlobalMaxPool", cube)
    np.testing.assert_array_equal(largest, cube.max((2, 3, 4), keepdims=True))
    (norm,) = outcome("GlobalLpPool", cube, p=3)
    cubes = (np.abs(cube) ** 3).sum((2, 3, 4), keepdims=True)
    np.testing.assert_allclose(norm, np.cbrt(cubes), rtol=1e-5)


def test_the_1_norm_is_of_magnitudes():
    (found,) = outcome("LpNormalization", X, axis=1, p=1)
    np.testing.assert_allclose(found, X / np.abs(X).sum(1, keepdims=True), rtol=1e-5)


def test_resize_before_opset_11_starts_at_the_first_pixel():
    scales = Kept(np.array([1, 1, 2, 3], np.float32))
    (found,) = outcome("Resize", X, scales, opset=10)
    np.testing.assert_array_equal(found, X.repeat(2, 2).repeat(3, 3))


def test_batch_statistics_are_the_running_ones_at_inference():
    """Before opset 14 too, where ``momentum`` is given but nothing is updated."""
    parts = [floats(4, seed=s, low=0.5) for s in range(4)]
    (found,) = outcome("BatchNormalization", X, *parts, momentum=0.9, opset=9)
    scale, bias, mean, variance = (p.reshape(-1, 1, 1) for p in parts)
    np.testing.assert_allclose(
        found, (X - mean) / np.sqrt(variance + 1e-5) * scale + bias, rtol=1e-4, atol=1e-5
    )


def test_operands_are_aligned_at_an_axis_before_opset_7():
    (found,) = outcome("Add", X, floats(4), broadcast=1, axis=1, opset=6)
    np.testing.assert_allclose(found, X + floats(4).reshape(-1, 1, 1), rtol=1e-6)


def test_softmax_before_opset_13_is_over_all_that_follows():
    (found,) = outcome("Softmax", X, axis=1, opset=11)
    e = np.exp(X)
    np.testing.assert_allclose(found, e / e.sum((1, 2, 3), keepdims=True), rtol=1e-5)


def test_gemm_flattens_before_opset_7():
    kernel = floats(5, 168)
    (found,) = outcome("Gemm", X, kernel, floats(5), transB=1, broadcast=1, opset=6)
    np.testing.assert_allclose(found, X.reshape(1, -1) @ kernel.T + floats(5), rtol=1e-4)


def test_signals_of_two_axes_are_real():
    """As PyTorch exports them; the reference takes them for complex ones."""
    wave, hop, length = floats(2, 32), np.int64(4), np.int64(8)
    for options in ({}, {"onesided": 1}, {"onesided": 0}):
        flat = outcome("STFT", wave, hop, None, length, **options)[0]
        full = outcome("STFT", wave[..., None], hop, None, length, **options)[0]
        np.testing.assert_array_equal(flat, full)
        assert flat.shape[2] == (8 if options == {"onesided": 0} else 5)


def test_spectra_of_complex_signals_have_no_half():
    wave, hop, length = floats(1, 32, 2), np.int64(4), np.int64(8)
    (default,) = outcome("STFT", wave, hop, None, length)
    (whole,) = outcome("STFT", wave, hop, None, length, onesided=0)
    np.testing.assert_array_equal(default, whole)
