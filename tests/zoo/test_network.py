"""Each kind of row against the same arithmetic written out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.zoo.network import Network, scaled
from jaxrf.zoo.rows import AvgPool, Concat, Conv, Definition, Group, MaxPool, Norm, Residual, Style
from tests.helpers.slow import some_slow


def network(*rows, style: Style | None = None, scope: str = "net", width: float = 1.0) -> Network:
    definition = Definition("test", rows, style or Style(), scope, "", "")
    return Network(definition, width=width)


def image(size: int, channels: int = 3) -> jax.Array:
    return jax.random.normal(jax.random.key(0), (1, size, size, channels))


@pytest.mark.parametrize("size", some_slow([4, 5, 8, 9], (5, 8)))
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
    assert y.shape == x.shape
    assert np.any(y[..., 0])
    assert not np.any(y[..., 1:])


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


def test_kernels_of_two_lengths_and_channels_in_parts():
    net = network(Conv("c", (8, 8, 3), kernel=(1, 7), padding="FIXED", stride=2), width=0.5)
    x = image(9)
    y, variables = net.init_with_output(jax.random.key(1), x)
    assert variables["params"]["c"]["conv"]["kernel"].shape == (1, 7, 3, 4 + 4 + 2)
    assert y.shape == (1, 5, 5, 10)
    low = jax.grad(lambda x: net.apply(variables, x)[0, 2, 2].sum())(x)
    rows, columns = np.nonzero(np.any(np.asarray(low[0]), axis=-1))
    assert set(rows) == {4}
    assert set(columns) <= set(range(1, 8))


def test_average_counts_real_values_only():
    net = network(AvgPool("p", 3, 1))
    y = net.apply({}, jnp.ones((1, 4, 5, 2)))
    np.testing.assert_allclose(y, 1, rtol=1e-6)
    x = image(5)
    np.testing.assert_allclose(net.apply({}, x)[0, 0, 0], x[0, :2, :2].mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(net.apply({}, x)[0, 2, 3], x[0, 1:4, 2:5].mean((0, 1)), rtol=1e-5)


def test_separable_convolution_is_the_convolution_of_the_products():
    net = network(
        Conv("d", None, 3, 2, then="nothing", linear=True, filters=4),
        Conv("p", 5, 1, then="bias", linear=True),
        style=Style(norm_epsilon=1e-3),
    )
    x = image(7, channels=2)
    parameters = net.init(jax.random.key(1), x)["params"]
    assert set(parameters["d"]["conv"]) == {"kernel"}
    assert set(parameters["d"]) == {"conv"}
    assert set(parameters["p"]["conv"]) == {"kernel", "bias"}
    assert set(parameters["p"]) == {"conv"}
    deep = parameters["d"]["conv"]["kernel"]
    assert deep.shape == (3, 3, 1, 8)
    mixed = parameters["p"]["conv"]["kernel"][0, 0].reshape(2, 4, 5)
    kernel = jnp.einsum("hwcm,cmo->hwco", deep.reshape(3, 3, 2, 4), mixed)
    whole = network(Conv("c", 5, 3, 2, then="nothing", linear=True))
    y = whole.apply({"params": {"c": {"conv": {"kernel": kernel}}}}, x)
    np.testing.assert_allclose(net.apply({"params": parameters}, x), y, atol=1e-5)


def test_batchnorm_by_itself_and_without_gamma():
    x = image(4)
    for scale, expected in ((True, {"scale", "bias"}), (False, {"bias"})):
        net = network(Norm("n"), style=Style(norm_epsilon=0.25, norm_scale=scale))
        variables = net.init(jax.random.key(0), x)
        assert set(variables["params"]["n"]["norm"]) == expected
        variables["params"]["n"]["norm"]["bias"] = jnp.full(3, 0.1)
        y = net.apply(variables, x)
        np.testing.assert_allclose(y, np.maximum(x / np.sqrt(1.25) + 0.1, 0), atol=1e-6)


def test_concatenation_is_in_order_and_opens_no_scope():
    net = network(Concat((Conv("a", 2, 1), Group("b", (Conv("c", 3, 1),)), MaxPool("p", 1, 1))))
    x = image(4)
    variables = net.init(jax.random.key(0), x)
    assert set(variables["params"]) == {"a", "b"}
    kernels = [variables["params"]["a"], variables["params"]["b"]["c"]]
    parts = [np.maximum(x @ k["conv"]["kernel"][0, 0], 0) for k in kernels]
    np.testing.assert_allclose(net.apply(variables, x), np.concatenate([*parts, x], -1), atol=1e-5)


def test_residual_scales_its_body_and_starts_from_what_goes_before():
    one = Conv("a", 3, kernel=1, linear=True)
    before = Conv("before", 3, kernel=1, linear=True)
    net = network(Residual("unit", (one,), before=(before,), scale=0.25, linear=True))
    x = image(4)
    variables = net.init(jax.random.key(0), x)
    a, b = (variables["params"]["unit"][n]["conv"]["kernel"][0, 0] for n in ("a", "before"))
    y = x @ b
    np.testing.assert_allclose(net.apply(variables, x), y + 0.25 * (y @ a), atol=1e-5)


def test_names_inside_a_concatenation_and_other_names():
    net = network(
        Group("m", (Concat((Conv("a", 2), Group("b", (Conv("c", 2),), endpoint=True))),), True),
        Group("outer", (Group("r", (Conv("d", 2, endpoint=False),), endpoint="Other"),)),
    )
    x = image(8)
    jaxpr = jax.make_jaxpr(net.apply)(net.init(jax.random.key(0), x), x)
    names = [e.params["name"] for e in jaxpr.jaxpr.eqns if e.primitive.name == "name"]
    assert names == ["net/m", "net/outer/Other"]
