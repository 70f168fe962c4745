"""Which axes a network itself treats as spatial: convolutions first, then moves, then products."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.program.trace import trace
from jaxrf.theory.inferred_axes import InferredAxes, infer_axes
from tests.helpers.layouts import conv

CONV = "the first convolution"


def seen(f, shape):
    return infer_axes(trace(f, shape), 0)


@pytest.mark.parametrize(
    ("f", "shape", "axes"),
    [
        (lambda x: conv(x, "NHWC"), (1, 8, 9, 3), (1, 2)),
        (lambda x: conv(x, "NCHW"), (1, 3, 8, 9), (2, 3)),
        (lambda x: conv(x, "NHC"), (1, 8, 3), (1,)),
        (lambda x: conv(x.transpose(0, 2, 3, 1), "NHWC"), (1, 3, 8, 9), (2, 3)),
        (lambda x: conv(x.transpose(0, 3, 2, 1), "NHWC"), (1, 9, 8, 3), (2, 3)),
        (lambda x: conv(jnp.tanh(x)[..., None], "NHWC"), (1, 8, 9), (1, 2)),
        (lambda x: conv(x[None, :, :], "NHC"), (8, 3), (0,)),
    ],
)
def test_a_convolution_tells_wherever_its_axes_came_from(f, shape, axes):
    assert seen(f, shape) == InferredAxes(axes, CONV)


def test_a_convolution_comes_before_what_else_moves():
    def f(x):
        return conv(x[:, :, 1:], "NHC")  # the slice moves along channels

    assert seen(f, (1, 8, 4)) == InferredAxes((1,), CONV)


def test_what_moves_along_an_axis_says_nothing_of_others():
    assert seen(lambda x: x[:, 2:] - x[:, :-2], (1, 8, 3)) == InferredAxes(
        (1,), "slice", whole=False
    )
    assert seen(lambda x: jnp.cumsum(x, 2), (1, 3, 8)).axes == (2,)


def test_a_product_sums_over_channels_and_the_rest_but_the_batch_is_space():
    weights = np.ones((3, 5), np.float32)
    assert seen(lambda x: x @ weights, (1, 8, 9, 3)) == InferredAxes((1, 2), "the first product")
    first = lambda x: jnp.einsum("bcn,cd->bnd", x, weights)  # noqa: E731
    assert seen(first, (1, 3, 8)) == InferredAxes((2,), "the first product")
    from_the_left = lambda x: jnp.einsum("cd,bnc->bdn", weights, x)  # noqa: E731
    assert seen(from_the_left, (1, 8, 3)) == InferredAxes((1,), "the first product")


@pytest.mark.parametrize(
    "f",
    [
        jnp.tanh,
        lambda x: x.sum((1, 2)),
        lambda x: x.reshape(1, -1) @ np.ones((24, 2), np.float32),  # no axis is one of its own
        lambda x: x @ x.swapaxes(1, 2),  # a product of values of the input is no layer
    ],
)
def test_nothing_tells(f):
    assert seen(f, (1, 8, 3)) is None


def test_every_input_has_axes_of_its_own():
    def f(image, sound):
        return conv(image, "NHWC").sum() + conv(sound, "NHC").sum()

    traced = trace(f, [(1, 8, 9, 3), (1, 20, 2)])
    assert [infer_axes(traced, n).axes for n in (0, 1)] == [(1, 2), (1,)]
