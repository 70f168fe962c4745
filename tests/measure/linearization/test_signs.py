"""Cotangents that are reset to their signs: the same sets, at any depth, in float32 alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.measure.linearization.linearize import linearize
from jaxrf.measure.linearization.signs import reset
from jaxrf.measure.support import measure_support
from jaxrf.program.trace import trace
from tests.helpers.toynets import attention, conv, unet, window_attention

NETWORKS = {
    "unet": (unet, (1, 20, 2)),
    "attention": (lambda x: attention(conv(x)), (1, 5, 2)),
    "window attention": (window_attention, (1, 4, 8, 1)),
    "products": (lambda x: conv(x) * jax.nn.sigmoid(conv(x, dilation=2)) / (1 + x**2), (1, 9, 2)),
    "spectra": (lambda x: jnp.fft.irfft(jnp.fft.rfft(x, axis=1) ** 2, axis=1), (1, 8, 1)),
    "sums": (lambda x: jnp.cumsum(conv(x), 1) + jax.lax.cummax(x[:, ::-1], 1), (1, 6, 1)),
}


def gradients(f, shape, impulses, *, signs):
    """The gradients of the linearisation for several cotangents, in float32."""
    traced = trace(f, shape)
    network = linearize(traced.program, [traced.endpoints[traced.output]], signs=signs)

    @jax.jit
    def backward(impulses):
        _, back = jax.vjp(lambda x: network(x)[0], jnp.zeros(shape, jnp.float32))
        return jax.vmap(lambda impulse: back(impulse)[0])(impulses)

    return np.asarray(backward(jnp.asarray(impulses, jnp.float32)))


def jacobian(f, shape, *, signs):
    """[output, input], one impulse at a time."""
    out = jax.eval_shape(f, jax.ShapeDtypeStruct(shape, jnp.float32)).shape
    eye = np.eye(int(np.prod(out))).reshape(-1, *out)
    return gradients(f, shape, eye, signs=signs)


def gradient(f, shape, impulse, *, signs):
    """The gradient of the linearisation for one cotangent."""
    return gradients(f, shape, impulse[None], signs=signs)[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_they_are_nonzero_where_the_average_is(name):
    f, shape = NETWORKS[name]
    table, averages = (jacobian(f, shape, signs=signs) for signs in (True, False))
    np.testing.assert_array_equal(table > 0, averages > 0)
    assert np.isfinite(table).all()


def stack(x):
    for _ in range(DEPTH):
        x = conv(x)
    return x


DEPTH = 100  # the corners of the field are 3**-100 of the whole, about 1e-48


def test_where_averages_underflow_signs_do_not():
    shape, middle = (1, 2 * DEPTH + 9, 1), DEPTH + 4
    impulse = np.zeros(shape)
    impulse[0, middle] = 1
    expected = np.abs(np.arange(shape[1]) - middle) <= DEPTH  # counted by hand
    averages = gradient(stack, shape, impulse, signs=False)[0, :, 0] > 0
    assert averages.sum() < expected.sum()
    found = gradient(stack, shape, impulse, signs=True)[0, :, 0] > 0
    np.testing.assert_array_equal(found, expected)
    assert measure_support(stack, shape, plain=False).equal


def test_sharing_a_value_does_not_overflow():
    """Each addition hands on two cotangents; 2**140 of them exceed float32."""

    def f(x):
        for _ in range(140):
            x = x + x
        return x

    np.testing.assert_array_equal(jacobian(f, (1, 2, 1), signs=True)[:, 0, :, 0], 2 * np.eye(2))


def test_a_scalar_that_is_spread_does_not_overflow():
    """Each of 60 padding values is one element of the array before and fills 999: 1e179."""

    def f(x):
        for _ in range(60):
            x = jax.lax.pad(jnp.zeros(1), x[-1], [(0, 999, 0)])
        return x

    found = gradient(f, (1000,), np.ones(1000), signs=True)
    np.testing.assert_array_equal(found, np.arange(1000) == 999)


def test_sums_of_more_ones_than_float32_can_count_are_not_zero():
    n = 2**24 + 8
    found = gradient(lambda x: jnp.broadcast_to(x, (1, n)) * 2, (1, 1), np.ones((1, n)), signs=True)
    assert found.item() > 0


def test_support_needs_no_float64(monkeypatch):
    def refuse(*_):
        raise AssertionError("float64 was asked for")

    monkeypatch.setattr("jaxrf.measure.support.compat.float64", refuse)
    assert measure_support(lambda x: conv(conv(x)), (1, 9, 1), plain=False).equal


def test_reset_is_the_identity_forward_and_a_sign_backward():
    value, back = jax.vjp(lambda x: reset(x, 0.25), jnp.asarray([1.5, -2.0, 0.0]))
    np.testing.assert_array_equal(value, [1.5, -2, 0])
    np.testing.assert_array_equal(back(jnp.asarray([1e-30, 0.26, 1e30]))[0], [0, 1, 1])


def test_what_a_transform_rounds_is_not_taken_for_a_tap(monkeypatch):
    """Some devices convolve by transforms, which leave 1e-7 where there is nothing."""
    traced = trace(lambda x: conv(conv(x)), (1, 9, 1))
    honest = jax.lax.conv_general_dilated_p.bind

    def noisy(x, kernel, **params):
        return honest(x, kernel, **params) + 1e-6 * x.sum()

    monkeypatch.setattr(jax.lax.conv_general_dilated_p, "bind", noisy)
    for signs, beyond in ((False, True), (True, False)):
        network = linearize(traced.program, [traced.endpoints["output"]], signs=signs)
        _, back = jax.vjp(lambda x: network(x)[0], jnp.zeros((1, 9, 1)))  # noqa: B023
        found = np.asarray(back(jnp.zeros((1, 9, 1)).at[0, 4].set(1))[0])[0, :, 0] > 0
        assert found[2:7].all()
        assert found[[0, 1, 7, 8]].any() == beyond
