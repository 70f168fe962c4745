"""Activation functions, by the formulas of ``torch.nn.functional``."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from jaxrf.frameworks.torch.ops.registry import alias, op

alias(
    {
        "relu": jax.nn.relu,
        "relu6": jax.nn.relu6,
        "sigmoid": jax.nn.sigmoid,
        "special_expit": jax.nn.sigmoid,
        "silu": jax.nn.silu,
        "mish": jax.nn.mish,
        "hardswish": jax.nn.hard_swish,
        "hardsigmoid": jax.nn.hard_sigmoid,
        "selu": jax.nn.selu,
        "log_sigmoid": jax.nn.log_sigmoid,
        "leaky_relu": lambda x, negative_slope=0.01: jax.nn.leaky_relu(x, negative_slope),
        "rrelu": lambda x, lower=1 / 8, upper=1 / 3, *_: jax.nn.leaky_relu(x, (lower + upper) / 2),
        "celu": lambda x, alpha=1.0: jax.nn.celu(x, alpha),
        "gelu": lambda x, *, approximate="none": jax.nn.gelu(x, approximate == "tanh"),
        "threshold": lambda x, threshold, value: jnp.where(x > threshold, x, value),
        "hardshrink": lambda x, lambd=0.5: jnp.where(jnp.abs(x) > lambd, x, 0),
        "softshrink": lambda x, lambd=0.5: jnp.sign(x) * jax.nn.relu(jnp.abs(x) - lambd),
    }
)


@op("elu")
def elu(x, alpha=1, scale=1, input_scale=1):
    """``scale x`` above zero, ``scale alpha (exp(input_scale x) - 1)`` below."""
    below = alpha * jnp.expm1(input_scale * jnp.minimum(x, 0))
    return scale * jnp.where(x > 0, x, below)


@op("softplus")
def softplus(x, beta=1, threshold=20):
    """A smooth ReLU, linear above the threshold."""
    return jnp.where(x * beta > threshold, x, jax.nn.softplus(x * beta) / beta)


@op("prelu", "_prelu_kernel")
def prelu(x, weight):
    """A leaky ReLU whose slope is a weight, one in all or one per channel."""
    if weight.ndim == 1 and x.ndim > 1:
        weight = weight.reshape((-1,) + (1,) * (x.ndim - 2))
    return jnp.where(x > 0, x, weight * x)


@op("glu")
def glu(x, dim=-1):
    """One half of the channels, gated by the other."""
    value, gate = jnp.split(x, 2, dim)
    return value * jax.nn.sigmoid(gate)


@op("log_sigmoid_forward")
def log_sigmoid_forward(x):
    """The logarithm of the sigmoid, and a buffer that nobody reads."""
    return jax.nn.log_sigmoid(x), jnp.zeros((0,), x.dtype)
