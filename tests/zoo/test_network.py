"""Each kind of row against the same arithmetic written out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.zoo.network import Network, scaled
from jaxrf.zoo.rows import Conv, Definition, Group, MaxPool, Residual, Style


def network(*rows, style: Style | None = None, scope: str = "net", width: float = 1.0) -> Network:
    definition = Definition("test", rows, style or Style(), scope, "", "")
    return Network(definition, width=width)


def image(size: int, channels: int = 3) -> jax.Array:
    return jax.random.normal(jax.random.key(0), (1, size, size, channels))


@pytest.mark.parametrize("size", [4, 5, 8, 9])
@pytest.mark.parametrize("kernel", [2, 3, 7])
def test_fixed_padding_is_same_at_stride_one_subsampled(size, kernel):
    fixed = network(Conv("c", 4, kernel=kernel, stride=2, padding="FIXED"))
    same = network(Conv("c", 4, kernel=kernel, stride=1, padding="SAME"))
    x = image(size)
    variables = same.init(jax.random.key(1), x)
    np.testing.assert_allclose(
        fixed.apply(variables, x), same.apply(variables, x)[:, ::2, ::2], atol=1e-5
    )


@pytest.mark.parametrize(
    ("padding", "size", "expected"),
    [("SAME", 8, 4), ("SAME", 9, 5), ("VALID", 8, 3), ("VALID", 9, 4), ("FIXED", 8, 4)],
)
def test_output_sizes(padding, size, expected):
    for row in (Conv("c", 2, 3, 2, padding), MaxPool("p", 3, 2, padding)):
        y, _ = network(row).init_with_output(jax.random.key(0), image(size))
        assert y.shape[1:3] == (expected, expected)


def test_convolution_then_batchnorm_then_activation():
    net = network(Conv("c", 5, kernel=1), style=Style("relu6", norm_epsilon=1e-3))
    x = 4 * image(6)
    variables = net.init(jax.random.key(1), x)
    assert set(variables["params"]["c"]["conv"]) == {"kernel"}
    keys = jax.random.split(jax.random.key(2), 4)
    gamma, beta, mean = (jax.random.normal(key, (5,)) for key in keys[:3])
    variance = jax.random.uniform(keys[3], (5,), minval=0.5)
    variables["params"]["c"]["norm"] = {"scale": gamma, "bias": beta}
    variables["batch_stats"]["c"]["norm"] = {"mean": mean, "var": variance}
    z = x @ variables["params"]["c"]["conv"]["kernel"][0, 0]
    z = gamma * (z - mean) / np.sqrt(variance + 1e-3) + beta
    np.testing.assert_allclose(net.apply(variables, x), np.clip(z, 0, 6), atol=1e-5)
    assert np.max(z) > 6 > 0 > np.min(z)


def test_bias_without_batchnorm_and_linear_rows():
    net = network(Conv("c", 5, kernel=1, linear=True))
    x = image(6)
    variables = net.init(jax.random.key(1), x)
    assert set(variables) == {"params"}
    variables["params"]["c"]["conv"]["bias"] = jnp.arange(5.0)
    z = x @ variables["params"]["c"]["conv"]["kernel"][0, 0] + jnp.arange(5.0)
    np.testing.assert_allclose(net.apply(variables, x), z, atol=1e-5)
    assert np.min(z) < 0


def test_depthwise_keeps_channels_apart():
    net = network(Conv("c", None, linear=True), width=0.1)
    x = image(6, channels=4)
    variables = net.init(jax.random.key(1), x)
    assert variables["params"]["c"]["conv"]["kernel"].shape == (3, 3, 1, 4)
    only = x.at[..., 1:].set(0)
    y = net.apply(variables, only)
    assert y.shape == x.shape and np.any(y[..., 0]) and not np.any(y[..., 1:])


def test_residual_adds_then_activates():
    body = (Conv("a", 3, kernel=1, linear=True),)
    x = image(6)
    net = network(Residual("unit", body))
    variables = net.init(jax.random.key(1), x)
    z = x + x @ variables["params"]["unit"]["a"]["conv"]["kernel"][0, 0]
    np.testing.assert_allclose(net.apply(variables, x), np.maximum(z, 0), atol=1e-5)
    strided = network(
        Residual(
            "unit",
            (Conv("a", 3, kernel=1, stride=2, linear=True),),
            (MaxPool("shortcut", kernel=1, stride=2),),
        )
    )
    np.testing.assert_allclose(
        strided.apply(variables, x), np.maximum(z, 0)[:, ::2, ::2], atol=1e-5
    )


@pytest.mark.parametrize(("scope", "prefix"), [("net", "net/"), ("", "")])
def test_names_of_end_points(scope, prefix):
    net = network(
        Group("g", (Conv("a", 2), MaxPool("p", 2, 2, endpoint=False)), endpoint=True),
        Group("h", (Residual("r", (Conv("b", 2),), (Conv("s", 2),)),)),
        scope=scope,
    )
    x = image(8)
    jaxpr = jax.make_jaxpr(net.apply)(net.init(jax.random.key(0), x), x)
    names = [e.params["name"] for e in jaxpr.jaxpr.eqns if e.primitive.name == "name"]
    assert names == [prefix + n for n in ("g/a", "g", "h/r/s", "h/r/b", "h/r")]


def test_initial_variance_is_gain_over_fan_in():
    for gain in (2.0, 0.25):
        net = network(Conv("c", 256, gain=gain))
        kernel = net.init(jax.random.key(0), image(4, 64))["params"]["c"]["conv"]["kernel"]
        assert np.var(kernel) == pytest.approx(gain / (9 * 64), rel=0.05)


@pytest.mark.parametrize(
    ("channels", "width", "expected"), [(64, 1.0, 64), (64, 0.25, 16), (3, 0.1, 1), (7, 0.5, 4)]
)
def test_scaled(channels, width, expected):
    assert scaled(channels, width) == expected
