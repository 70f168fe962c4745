"""Known arrays that let only a part through: masks, selections, zeros of the model's own code."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.helpers.rulecase import Case

BIAS = jnp.asarray(np.random.default_rng(0).normal(size=(3, 3)), jnp.float32)
FINITE = "that an activation is always finite is not known"


def lower(x):
    return jnp.tri(3, dtype=x.dtype)


def causal(x, value):
    """Scores of a row of tokens against each other, the future filled in."""
    return jnp.where(jnp.tri(3, dtype=bool), x @ x.T, value)


CASES = [
    Case("times a mask", lambda x: x * lower(x), (3, 3), "mul"),
    Case("mask times", lambda x: lower(x)[None, :, :1] * x, (1, 3, 2), "mul"),
    Case(
        "times a mask of bools",
        lambda x: x * np.array([1, 0, 1], bool)[:, None],
        (1, 3, 2),
        "mul",
    ),
    Case("tril", jnp.tril, (3, 3), "select_n"),
    Case("triu of a product", lambda x: jnp.triu(x @ x), (3, 3), "select_n"),
    Case(
        "where, two branches",
        lambda x: jnp.where(jnp.arange(4)[:, None] % 2 == 0, x, x[:, ::-1]),
        (1, 4, 2),
        "select_n",
    ),
    Case(
        "select of three",
        lambda x: lax.select_n(jnp.arange(4) % 3, x, x[::-1], jnp.full_like(x, x[0])),
        (4,),
        "select_n",
    ),
    Case(
        "select of three, out of range",
        lambda x: lax.select_n(jnp.array([7, -3, 1, 2]), x, x[::-1], jnp.roll(x, 1)),
        (4,),
        "select_n",
        perturb=True,  # its derivative leaves out what is out of range
    ),
    Case(
        "position from a select out of range",
        lambda x: lax.dynamic_slice(
            x, [lax.select_n(jnp.arange(6)[5], *(jnp.arange(3)[n] for n in (2, 0, 1)))], (2,)
        ),
        (4,),
        "dynamic_slice",
    ),
    Case(
        "known scalar predicate",
        lambda x: lax.select(jnp.arange(3)[1] > 0, x, x[::-1]),
        (4,),
        "select_n",
    ),
    Case(
        "and",
        lambda x: (x > 0) & (jnp.arange(3) > 0),
        (3,),
        "and",
        perturb=True,
    ),
    Case(
        "or",
        lambda x: (x > 0) | (jnp.arange(3) > 0),
        (3,),
        "or",
        perturb=True,
    ),
    Case("zero over", lambda x: lower(x) / x, (3, 3), "div"),
    Case(
        "less infinity",
        lambda x: x - jnp.where(lower(x) == 0, jnp.inf, 0),
        (3, 3),
        "sub",
        perturb=True,
    ),
    Case(
        "plus minus infinity",
        lambda x: jnp.where(lower(x) == 0, -jnp.inf, 0) + x,
        (3, 3),
        "add",
        perturb=True,
    ),
    Case(
        "causal softmax, the smallest number",
        lambda x: jax.nn.softmax(causal(x, jnp.finfo(x.dtype).min)) @ x,
        (3, 1),
        "select_n dot_general",
        perturb=True,
    ),
    Case(
        "causal softmax, a mask of its own beside a bias",
        lambda x: jax.nn.softmax(x @ x.T + jnp.where(lower(x) == 0, -1e38, 0) + BIAS) @ x,
        (3, 1),
        "add",
        perturb=True,
    ),
    Case(
        "where the filled are finite",
        lambda x: jnp.isfinite(causal(x, jnp.finfo(x.dtype).min)).astype(x.dtype) @ x,
        (3, 2),
        "is_finite",
        perturb=True,
        over=FINITE,
        loose=FINITE,
    ),
    Case(
        "not what is false",
        lambda x: (1.0 + (~jnp.where(jnp.tri(3, dtype=bool), x > 0, False)).astype(x.dtype)) @ x,
        (3, 3),
        "not",
        perturb=True,
    ),
    Case(
        "a predicate known in part",
        lambda x: jnp.where((lower(x) > 0) & (x > 0), x[::-1], 2.0),
        (3, 3),
        "and select_n",
        perturb=True,
    ),
    Case(
        "the mask transposed by a reordering reshape",
        lambda x: lax.reshape(x * lower(x), (3, 3), (1, 0)) @ jnp.ones((3, 2), x.dtype),
        (3, 3),
        "reshape",
    ),
    Case(
        "the smaller of minus infinity and anything",
        lambda x: jnp.minimum(x, jnp.where(lower(x) == 0, -jnp.inf, jnp.inf)),
        (3, 3),
        "min",
        perturb=True,
    ),
    Case(
        "the angle of zero times anything",
        lambda x: jnp.arctan2(x * lower(x), -1.0),
        (3, 3),
        "atan2",
        perturb=True,
    ),
    Case(
        "the angle of a masked complex number",
        lambda x: (
            jnp.angle(lax.complex(x, jnp.roll(x, 1, 0)) * lower(x)) @ jnp.ones((3, 2), x.dtype)
        ),
        (3, 3),
        "atan2",
        perturb=True,
    ),
    Case(
        "zeros of both signs in few digits",
        lambda x: jnp.signbit(
            jnp.where(
                lower(x) > 0,
                x.astype(jnp.bfloat16),
                jnp.where(x > 0, jnp.bfloat16(0.0), jnp.bfloat16(-0.0)),
            )
        ),
        (3, 3),
        "bitcast_convert_type",
        perturb=True,
    ),
    Case(
        "the smaller of the smallest number and minus infinity",
        lambda x: jnp.isfinite(
            jnp.minimum(
                jnp.where(x > 0, x, -jnp.inf),
                jnp.where(lower(x) > 0, 1.0, jnp.finfo(x.dtype).min),
            )
        ),
        (3, 3),
        "min is_finite",
        perturb=True,
    ),
    Case(
        "no number where the mask forbids",
        lambda x: jnp.nan_to_num(jnp.where(lower(x) > 0, x, jnp.nan)) @ jnp.ones((3, 2), x.dtype),
        (3, 3),
        "select_n ne",
        perturb=True,
    ),
]
