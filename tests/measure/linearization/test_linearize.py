"""The positive linearisation: linear, never negative, never growing, and open on every path."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.measure.linearization.linearize import linearize
from jaxrf.program.trace import trace
from tests.helpers.linearcase import jacobian, linearised
from tests.helpers.toynets import attention, conv, unet, window_attention

NETWORKS = {
    "unet": (unet, (1, 20, 2)),
    "attention": (lambda x: attention(conv(x)), (1, 5, 2)),
    "window attention": (window_attention, (1, 4, 8, 1)),
    "products": (lambda x: conv(x) * jax.nn.sigmoid(conv(x, dilation=2)) / (1 + x**2), (1, 9, 2)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_linear(name):
    f, shape = NETWORKS[name]
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        network = jax.jit(linearised(f, shape))
        x, y = (jnp.asarray(rng.normal(size=shape)) for _ in "xy")
        np.testing.assert_array_equal(network(jnp.zeros(shape)), 0)
        together = network(3 * x - 2 * y)
        np.testing.assert_allclose(together, 3 * network(x) - 2 * network(y), atol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_an_output_is_an_average_of_what_it_sees(name):
    f, shape = NETWORKS[name]
    table = jacobian(f, shape)
    sums = table.reshape(-1, int(np.prod(shape))).sum(1)
    assert (table >= 0).all()
    assert ((sums > 0) & (sums <= 1 + 1e-12)).all()


def test_what_blocks_and_cancels_in_the_model_is_open():
    def f(x):
        dead = jax.nn.relu(x[:, 2:] - 1e9)
        cancelled = x[:, 1:-1] - x[:, 1:-1]
        zero_scale = jnp.zeros((), x.dtype) * x[:, :-2]
        return jnp.round(dead + cancelled) + jax.lax.stop_gradient(zero_scale)

    assert (jacobian(f, (1, 5, 1))[0, 1, 0, 0, :, 0] > 0).tolist() == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_products_of_two_branches_pass_both():
    table = jacobian(lambda x: x[:, 1:] * x[:, :-1], (1, 4, 1))[0, :, 0, 0, :, 0]
    np.testing.assert_array_equal(table > 0, np.tri(3, 4, 1, bool) & ~np.tri(3, 4, -1, bool))


def test_zeros_that_the_model_computes_from_integers_stay_zeros():
    table = jacobian(lambda x: jnp.einsum("bnc,nm->bmc", x, jnp.tri(5)), (1, 5, 1))
    np.testing.assert_array_equal(table[0, :, 0, 0, :, 0] > 0, np.tri(5).T > 0)


def test_what_has_no_rule_sees_everything():
    def outside(x):
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct((1, 3, 1), x.dtype), x)

    assert (jacobian(outside, (1, 4, 2)) > 0).all()


def test_the_initial_value_of_a_pool_is_seen_everywhere():
    def f(x):
        window = (1, 2, 1)
        return jax.lax.reduce_window(
            x[:, 1:], x[0, 0, 0], lambda a, b: a + b, window, window, "VALID"
        )

    table = jacobian(f, (1, 5, 1))[0, :, 0, 0, :, 0]
    np.testing.assert_array_equal(table > 0, [[1, 1, 1, 0, 0], [1, 0, 0, 1, 1]])


def test_one_of_several_inputs_is_followed_and_the_others_are_weights():
    traced = trace(lambda x, y: x[:, 1:] * y[:, :-1], [(1, 4, 1), (1, 4, 1)])
    number = traced.endpoints[traced.output]
    for source, expected in ((0, np.eye(3, 4, 1)), (1, np.eye(3, 4))):
        network = linearize(traced.program, [number], source=traced.program.inputs[source])
        with jax.enable_x64(True):
            table = np.asarray(jax.jacrev(lambda x: network(x)[0])(jnp.zeros((1, 4, 1))))  # noqa: B023
        np.testing.assert_array_equal(table[0, :, 0, 0, :, 0] > 0, expected)


def test_what_the_input_cannot_reach_is_zero():
    traced = trace(lambda x: {"a": x[:, 1:], "b": jnp.where(jnp.arange(3) > 5, x, 0)}, (1, 4, 3))
    numbers = [traced.endpoints["b"], min(traced.program.constants)]
    with jax.enable_x64(True):
        b, constant = linearize(traced.program, numbers)(jnp.ones((1, 4, 3)))
    assert not b.any()
    assert not constant.any()


def test_several_values_at_once():
    traced = trace(lambda x: {"a": x[:, 1:], "b": x[:, 1:] + x[:, :-1]}, (1, 4, 1))
    wanted = [traced.endpoints[name] for name in ("b", "a")]
    with jax.enable_x64(True):
        b, a = linearize(traced.program, wanted)(jnp.arange(4.0).reshape(1, 4, 1))
    np.testing.assert_allclose(a[0, :, 0], [1, 2, 3])
    np.testing.assert_allclose(b[0, :, 0], [0.5, 1.5, 2.5])
