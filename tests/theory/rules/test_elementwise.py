"""Elementwise primitives against the oracle: each element apart, every operand counts.

Arguments are scaled so that a float64 output still moves for the oracle's large perturbations, and
stays inside the domain of the function.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.scipy.special import betainc

from tests.helpers.rulecase import Case, check, each

UNARY = {
    "abs": jnp.abs,
    "acos": lambda x: jnp.arccos(x / 100),
    "acosh": lambda x: jnp.arccosh(2 + x**2),
    "asin": lambda x: jnp.arcsin(x / 100),
    "asinh": jnp.arcsinh,
    "atan": jnp.arctan,
    "atanh": lambda x: jnp.arctanh(x / 100),
    "bessel_i0e": lax.bessel_i0e,
    "bessel_i1e": lax.bessel_i1e,
    "cbrt": jnp.cbrt,
    "ceil": jnp.ceil,
    "conj": lambda x: lax.conj(x + 1j).real,
    "convert_element_type": lambda x: x.astype(int),
    "copy": lax.copy_p.bind if hasattr(lax, "copy_p") else jnp.copy,
    "cos": jnp.cos,
    "cosh": lambda x: jnp.cosh(x / 9),
    "digamma": lambda x: lax.digamma(1 + x**2),
    "erf": lambda x: lax.erf(x / 40),
    "erf_inv": lambda x: lax.erf_inv(x / 100),
    "erfc": lambda x: lax.erfc(x / 40),
    "exp": lambda x: jnp.exp(x / 9),
    "exp2": lambda x: jnp.exp2(x / 9),
    "expm1": lambda x: jnp.expm1(x / 9),
    "floor": jnp.floor,
    "imag": lambda x: (1j * x).imag,
    "integer_pow": lambda x: x**3,
    "is_finite": lambda x: jnp.isfinite(1 / jnp.floor(x / 30)),
    "lgamma": lambda x: lax.lgamma(1 + x**2),
    "log": lambda x: jnp.log(1 + x**2),
    "log1p": lambda x: jnp.log1p(x**2),
    "logistic": lambda x: jax.nn.sigmoid(x / 9),
    "name": lambda x: checkpoint_name(x, "here"),
    "neg": jnp.negative,
    "not": lambda x: ~(x > 0),
    "population_count": lambda x: lax.population_count(jnp.abs(9 * x).astype(int)),
    "real": lambda x: (x + 1j).real,
    "reduce_precision": lambda x: lax.reduce_precision(x, 8, 7),
    "round": jnp.round,
    "rsqrt": lambda x: lax.rsqrt(1 + x**2),
    "sign": jnp.sign,
    "sin": jnp.sin,
    "sinh": lambda x: jnp.sinh(x / 9),
    "sqrt": lambda x: jnp.sqrt(jnp.abs(x)),
    "square": jnp.square,
    "stop_gradient": lax.stop_gradient,
    "tan": lambda x: jnp.tan(x / 99),
    "tanh": lambda x: jnp.tanh(x / 9),
}
BINARY = {
    "add": lax.add,
    "add_any": lambda a, b: jax.vjp(lambda c: (c, c), a)[1]((a, b))[0],
    "and": lambda a, b: (a > 0) & (b > 0),
    "atan2": lax.atan2,
    "div": lambda a, b: a / (50 + b),
    "eq": lambda a, b: jnp.floor(a / 30) == jnp.floor(b / 30),
    "ge": lax.ge,
    "gt": lax.gt,
    "igamma": lambda a, b: lax.igamma(1 + jnp.abs(a), jnp.abs(b)),
    "igammac": lambda a, b: lax.igammac(1 + jnp.abs(a), jnp.abs(b)),
    "le": lax.le,
    "lt": lax.lt,
    "max": lax.max,
    "min": lax.min,
    "mul": lax.mul,
    "ne": lambda a, b: jnp.floor(a / 30) != jnp.floor(b / 30),
    "nextafter": lax.nextafter,
    "or": lambda a, b: (a > 0) | (b > 0),
    "polygamma": lambda a, b: lax.polygamma(jnp.floor(1 + jnp.abs(a) / 20), 1 + jnp.abs(b)),
    "pow": lambda a, b: lax.pow(1 + a**2, b / 40),
    "rem": lambda a, b: lax.rem(a, 0.3 + jnp.abs(b)),
    "shift_left": lambda a, b: lax.shift_left(a.astype(int), jnp.abs(b / 9).astype(int)),
    "shift_right_arithmetic": lambda a, b: lax.shift_right_arithmetic(
        (99 * a).astype(int), jnp.abs(b / 9).astype(int)
    ),
    "shift_right_logical": lambda a, b: lax.shift_right_logical(
        (99 * a).astype(int), jnp.abs(b / 9).astype(int)
    ),
    "sub": lax.sub,
    "xor": lambda a, b: (a > 0) ^ (b > 0),
}
SEVERAL = [
    Case("sizes of 1 spread", lambda x: lax.mul(x, x[:, :1]), (1, 3, 2), "mul"),
    Case(
        "regularized_incomplete_beta",
        lambda x: betainc(
            1 + jnp.abs(x[:, 2:]), 1 + jnp.abs(x[:, 1:-1]), jax.nn.sigmoid(x[:, :-2])
        ),
        (1, 4, 1),
        "regularized_incomplete_beta",
        perturb=True,
    ),
    Case("clamp", lambda x: lax.clamp(x[:, :-2], x[:, 1:-1], x[:, 2:]), (1, 5, 1), "clamp", True),
    Case(
        "clamp, scalar limits",
        lambda x: lax.clamp(x[0, 0, 0] - 1, x, x[0, 0, 0] + 1),
        (1, 4, 1),
        "clamp",
        perturb=True,
    ),
    Case(
        "select_n, the predicate counts",
        lambda x: jnp.where(x[:, 2:] > 0, x[:, :-2], x[:, 1:-1]),
        (1, 5, 1),
        "select_n",
        perturb=True,
    ),
    Case(
        "select_n, scalar predicate",
        lambda x: lax.select(x[0, 0, 0] > 0, x, -x),
        (1, 4, 1),
        "select_n",
        perturb=True,
    ),
    Case(
        "optimization_barrier",
        lambda x: lax.optimization_barrier((x[:, 1:], x[:, :-1]))[0],
        (1, 4, 1),
        "optimization_barrier",
    ),
]
CASES = [
    *(Case(name, f, (1, 3, 1), name, perturb=True) for name, f in UNARY.items()),
    *(
        Case(name, lambda x, f=f: f(x[:, 1:], x[:, :-1]), (1, 3, 1), name, perturb=True)
        for name, f in BINARY.items()
    ),
    *SEVERAL,
]


@each(CASES)
def test_support_equals_the_oracle(case):
    check(case)
