"""Operations in the user's words, at the user's line."""

import inspect

import equinox as eqx
import flax.linen as nn
import haiku as hk
import jax
import jax.numpy as jnp
import pytest
from flax import nnx

import jaxrf
from jaxrf.program.compat import is_library

SHAPE = (1, 9, 4)
MIXING = jnp.ones((9, 9))


def attention(mask=None):
    def model(x):
        scores = jnp.einsum("bqc,bkc->bqk", x, x)
        if mask is not None:
            scores = jnp.where(mask, scores, -jnp.inf)
        return jax.nn.softmax(scores) @ x

    return model


def by_hand(x):
    scores = jnp.exp(x @ x.swapaxes(1, 2))
    return scores / scores.sum(-1, keepdims=True) @ x


def linear_attention(x):
    keys = jax.nn.elu(x) + 1
    return x @ (keys.swapaxes(1, 2) @ x)


def fast_variance(x):
    mean, square = x.mean(1, keepdims=True), (x * x).mean(1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(square - mean**2 + 1e-5)


def variance_apart(x):
    return (x - x.mean(1, keepdims=True)) / jnp.sqrt(x.var(1, keepdims=True) + 1e-5)


def mean_before_a_norm_of_channels(x):
    return jax.nn.standardize(x - x.mean(1, keepdims=True), -1)


def root_mean_square(x):
    return x / jnp.sqrt(jnp.mean(x**2, 1, keepdims=True) + 1e-6)


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (attention(), "softmax attention"),
        (attention(jnp.arange(9)[:, None] >= jnp.arange(9)), "softmax attention"),
        (by_hand, "softmax attention"),
        (lambda x: jax.nn.dot_product_attention(*[x[:, :, None]] * 3), "softmax attention"),
        (linear_attention, "matrix product"),
        (lambda x: jax.nn.softmax(x, 1), "softmax"),
        (lambda x: jax.nn.softmax(x, 1) @ jnp.ones((4, 2)), "softmax"),
        (lambda x: x - jax.nn.logsumexp(x, 1, keepdims=True), "log-sum-exp"),
        (lambda x: x - x.mean(1, keepdims=True), "mean"),
        (lambda x: x * jnp.mean(x, (1, 2), keepdims=True), "mean"),
        (mean_before_a_norm_of_channels, "mean"),
        (lambda x: jax.nn.standardize(x, 1), "mean and variance"),
        (fast_variance, "mean and variance"),
        (variance_apart, "mean and variance"),
        (root_mean_square, "root mean square"),
        (lambda x: x / jnp.linalg.norm(x, axis=1, keepdims=True), "norm"),
        (lambda x: x + x.sum(1, keepdims=True), "sum"),
        (lambda x: x + x.max(1, keepdims=True), "max"),
        (lambda x: x + x.min(1, keepdims=True), "min"),
        (lambda x: jnp.cumsum(x, 1), "cumulative sum"),
        (lambda x: jnp.fft.fft(x, axis=1).real, "FFT"),
        (lambda x: jnp.sort(x, 1), "sort"),
        (lambda x: jnp.einsum("bnc,nm->bmc", x, MIXING), "linear layer"),
    ],
)
def test_global_operations_have_the_words_of_people(model, word):
    (via,) = jaxrf.analyze(model, SHAPE).output.global_via
    assert via.partition(" (")[0] == word
    assert "test_operation_names.py:" in via


class LinenNorm(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.GroupNorm(2)(x)  # here


class LinenAttention(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.MultiHeadDotProductAttention(2)(x)  # here


class EquinoxAttention(eqx.Module):
    part: eqx.nn.MultiheadAttention

    def __init__(self):
        self.part = eqx.nn.MultiheadAttention(2, 4, key=jax.random.key(0))

    def __call__(self, x):
        return self.part(x.T, x.T, x.T).T  # here


class NNXNorm(nnx.Module):
    def __init__(self):
        self.part = nnx.GroupNorm(4, num_groups=2, rngs=nnx.Rngs(0))

    def __call__(self, x):
        return self.part(x)  # here


def haiku_norm(x):
    return hk.InstanceNorm(True, True)(x)  # here


@pytest.mark.parametrize(
    ("model", "shape", "code", "word"),
    [
        (LinenNorm(), SHAPE, LinenNorm.__call__, "mean and variance"),
        (LinenAttention(), SHAPE, LinenAttention.__call__, "softmax attention"),
        (EquinoxAttention(), (4, 9), EquinoxAttention.__call__, "softmax attention"),
        (NNXNorm(), SHAPE, NNXNorm.__call__, "mean and variance"),
        (hk.transform(haiku_norm), SHAPE, haiku_norm, "mean and variance"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_line_is_the_user_s_not_that_of_a_library(model, shape, code, word):
    (via,) = jaxrf.analyze(model, shape).output.global_via
    lines, first = inspect.getsourcelines(inspect.unwrap(code))
    here = first + next(n for n, line in enumerate(lines) if "# here" in line)
    assert via.startswith(f"{word} (")
    assert f"test_operation_names.py:{here}" in via


def test_a_module_of_a_library_alone_has_the_library_s_line():
    (via,) = jaxrf.analyze(nn.GroupNorm(2), SHAPE).output.global_via
    assert "normalization.py:" in via


def test_who_called_the_analysis_is_no_part_of_the_model():
    equations = jaxrf.analyze(nn.GroupNorm(2), SHAPE).traced.program.equations
    assert all("test_operation_names.py" not in equation.source for equation in equations)


def test_what_has_no_rule_keeps_the_name_of_its_primitive():
    def model(x):
        return jax.pure_callback(lambda v: v, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    (what,) = jaxrf.analyze(model, SHAPE).approximate
    assert what.startswith("pure_callback (")


@pytest.mark.parametrize(
    ("place", "library"),
    [
        ("/home/me/net.py:3:1", False),
        ("<ipython-input-3>:3", False),
        ("/home/me/venv/lib/python3.12/site-packages/flax/linen/linear.py:3", True),
        ("/usr/lib/python3/dist-packages/haiku/_src/base.py:3", True),
        (f"{inspect.getfile(inspect)}:3", True),
        (f"{inspect.getfile(jaxrf.zoo.load)}:3", False),
    ],
)
def test_places(place, library):
    assert is_library(place) == library
