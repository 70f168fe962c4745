"""Elementwise operators, almost all of them in tables."""

from __future__ import annotations

from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from jax import lax

from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator

__all__ = ["ACTIVATIONS", "PARAMETRIC", "numpy_dtype"]

UNARY = {
    "Abs": jnp.abs,
    "Acos": jnp.arccos,
    "Acosh": jnp.arccosh,
    "Asin": jnp.arcsin,
    "Asinh": jnp.arcsinh,
    "Atan": jnp.arctan,
    "Atanh": jnp.arctanh,
    "BitwiseNot": jnp.bitwise_not,
    "Ceil": jnp.ceil,
    "Cos": jnp.cos,
    "Cosh": jnp.cosh,
    "Erf": lax.erf,
    "Exp": jnp.exp,
    "Floor": jnp.floor,
    "Identity": lambda x: x,
    "IsNaN": jnp.isnan,
    "Log": jnp.log,
    "Neg": jnp.negative,
    "Not": jnp.logical_not,
    "Reciprocal": jnp.reciprocal,
    "Relu": lambda x: jnp.maximum(x, 0),
    "Round": jnp.round,
    "Sigmoid": lax.logistic,
    "Sign": jnp.sign,
    "Sin": jnp.sin,
    "Sinh": jnp.sinh,
    "Softplus": lambda x: jnp.logaddexp(x, 0),
    "Softsign": lambda x: x / (1 + jnp.abs(x)),
    "Sqrt": jnp.sqrt,
    "Tan": jnp.tan,
    "Tanh": jnp.tanh,
    "Mish": lambda x: x * jnp.tanh(jnp.logaddexp(x, 0)),
    "HardSwish": lambda x: x * jnp.clip(x / 6 + 0.5, 0, 1),
}

BINARY = {
    "Add": jnp.add,
    "And": jnp.logical_and,
    "BitwiseAnd": jnp.bitwise_and,
    "BitwiseOr": jnp.bitwise_or,
    "BitwiseXor": jnp.bitwise_xor,
    "Equal": jnp.equal,
    "Greater": jnp.greater,
    "GreaterOrEqual": jnp.greater_equal,
    "Less": jnp.less,
    "LessOrEqual": jnp.less_equal,
    "Mul": jnp.multiply,
    "Or": jnp.logical_or,
    "Sub": jnp.subtract,
    "Xor": jnp.logical_xor,
}

VARIADIC = {
    "Max": lambda *xs: reduce(jnp.maximum, xs),
    "Mean": lambda *xs: reduce(jnp.add, xs) / len(xs),
    "Min": lambda *xs: reduce(jnp.minimum, xs),
    "Sum": lambda *xs: reduce(jnp.add, xs),
    "Where": jnp.where,
}

# Activations with parameters: name -> (function of x and the parameters, {attribute: default}).
PARAMETRIC = {
    "Celu": (lambda x, alpha: jax.nn.celu(x, alpha), {"alpha": 1.0}),
    "Elu": (lambda x, alpha: jnp.where(x < 0, alpha * jnp.expm1(x), x), {"alpha": 1.0}),
    "HardSigmoid": (
        lambda x, alpha, beta: jnp.clip(alpha * x + beta, 0, 1),
        {"alpha": 0.2, "beta": 0.5},
    ),
    "LeakyRelu": (lambda x, alpha: jnp.where(x < 0, alpha * x, x), {"alpha": 0.01}),
    "Selu": (
        lambda x, alpha, gamma: gamma * jnp.where(x > 0, x, alpha * jnp.expm1(x)),
        {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875},
    ),
    "Shrink": (
        lambda x, bias, lambd: jnp.where(
            x < -lambd, x + bias, jnp.where(x > lambd, x - bias, jnp.zeros_like(x))
        ),
        {"bias": 0.0, "lambd": 0.5},
    ),
    "Swish": (lambda x, alpha: x * lax.logistic(alpha * x), {"alpha": 1.0}),
    "ThresholdedRelu": (
        lambda x, alpha: jnp.where(x > alpha, x, jnp.zeros_like(x)),
        {"alpha": 1.0},
    ),
}

# What recurrent operators may name.
ACTIVATIONS = {
    **{name: UNARY[name] for name in ("Relu", "Sigmoid", "Tanh", "Softplus", "Softsign")},
}


def _register() -> None:
    for table in (UNARY, BINARY, VARIADIC):
        for name, function in table.items():
            operator(name)(lambda node, *xs, f=function: f(*_aligned(node, xs)))
    for name, (function, defaults) in PARAMETRIC.items():
        operator(name)(
            lambda node, x, f=function, d=defaults: f(x, *(node.get(k, v) for k, v in d.items()))
        )


def _aligned(node: NodeView, xs: tuple) -> tuple:
    """Before opset 7 the second operand was aligned at ``axis`` when ``broadcast`` was set."""
    if node.version >= 7 or not node.get("broadcast") or len(xs) != 2:
        return xs
    a, b = xs
    axis = node.get("axis", np.ndim(a) - np.ndim(b))
    return a, jnp.reshape(b, (*np.shape(b), *(1,) * (np.ndim(a) - axis - np.ndim(b))))


_register()


@operator("PRelu")
def prelu(node: NodeView, x, slope):
    """Before opset 7 a row of slopes has one per channel; since then it broadcasts as usual."""
    if node.version < 7 and np.ndim(slope) == 1 and np.size(slope) > 1:
        slope = jnp.reshape(slope, (-1, *(1,) * (x.ndim - 2)))
    return jnp.where(x >= 0, x, x * slope)


@operator("Div")
def div(node: NodeView, a, b):
    """True division of floats, division of integers that truncates towards zero."""
    if jnp.issubdtype(jnp.result_type(a, b), jnp.integer):
        return lax.div(*jnp.broadcast_arrays(*map(jnp.asarray, (a, b))))
    return jnp.divide(*_aligned(node, (a, b)))


@operator("Pow")
def power(node: NodeView, base, exponent):
    """A power, in the type of the base."""
    base, exponent = _aligned(node, (base, exponent))
    return jnp.power(base, exponent).astype(base.dtype)


@operator("Mod")
def mod(node: NodeView, a, b):
    """The sign of the divisor, or of the dividend (``fmod``)."""
    return (jnp.fmod if node.get("fmod") else jnp.mod)(a, b)


@operator("Clip")
def clip(node: NodeView, x, low=None, high=None):
    """Limits are operands since opset 11, attributes before."""
    low = node.get("min") if low is None else low
    high = node.get("max") if high is None else high
    x = x if low is None else jnp.maximum(x, low)
    return x if high is None else jnp.minimum(x, high)


@operator("Gelu")
def gelu(node: NodeView, x):
    """With erf, or its approximation by tanh."""
    return jax.nn.gelu(x, approximate=node.get("approximate", "none") == "tanh")


@operator("IsInf")
def is_inf(node: NodeView, x):
    """Either sign, unless one is switched off."""
    up = jnp.isposinf(x) & bool(node.get("detect_positive", 1))
    return up | (jnp.isneginf(x) & bool(node.get("detect_negative", 1)))


@operator("Dropout", known=(2,))
def dropout(node: NodeView, x, ratio=None, training=None):
    """The identity: at inference."""
    if training is not None and training.any():
        raise Unmapped("Dropout in training")
    return (x, jnp.ones(x.shape, bool)) if node.outputs > 1 else x


@operator("Cast")
def cast(node: NodeView, x):
    """A cast to the type numbered ``to``; before opset 6 it is a name."""
    return jnp.asarray(x).astype(numpy_dtype(node.get("to")))


@operator("CastLike")
def cast_like(node: NodeView, x, like):
    """A cast to the type of the second operand."""
    return jnp.asarray(x).astype(jax.dtypes.canonicalize_dtype(like.dtype))


def numpy_dtype(number: int | str):
    """The type that an ONNX file names, as JAX has it (64 bits only where they are enabled)."""
    code = onnx.TensorProto.DataType.Value(number) if isinstance(number, str) else number
    dtype = onnx.helper.tensor_dtype_to_np_dtype(code)
    if dtype.kind in "OSU":
        raise Unmapped("text")
    return jax.dtypes.canonicalize_dtype(dtype)
