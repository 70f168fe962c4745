"""Reductions, contractions and sorting against the oracle."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.helpers.rulecase import Case, check, each


def half(x, *shape):
    return jnp.full(shape, 0.5, x.dtype)


def attention(x):
    weights = jax.nn.softmax(jnp.einsum("bqc,bkc->bqk", x, x), -1)
    return jnp.einsum("bqk,bkc->bqc", weights, x)


def sorted_by_first_channel(x):
    return lax.sort((x[..., :1], x[..., 1:]), dimension=1, num_keys=1)


def of_a_function(x):
    return lax.reduce(x, np.asarray(0, x.dtype), lambda a, b: a + 2 * b, (2,))


CASES = [
    Case("reduce_sum", lambda x: x.sum(1), (1, 4, 3), "reduce_sum"),
    Case("reduce_sum of two", lambda x: x.sum((0, 2)), (2, 4, 3), "reduce_sum"),
    Case("reduce_prod", lambda x: x.prod(2), (1, 4, 3), "reduce_prod"),
    Case("reduce_max", lambda x: x.max(1), (1, 4, 2), "reduce_max", True),
    Case("reduce_min", lambda x: x.min(1), (1, 4, 2), "reduce_min", True),
    Case("argmax", lambda x: jnp.argmax(x, 2), (1, 4, 3), "argmax", True),
    Case("argmin", lambda x: jnp.argmin(x, 2), (1, 4, 3), "argmin", True),
    Case("reduce_and", lambda x: (x > 0).all(2), (1, 4, 2), "reduce_and", True),
    Case("reduce_or", lambda x: (x > 0).any(2), (1, 4, 2), "reduce_or", True),
    Case(
        "reduce_xor", lambda x: lax.reduce_xor(x.astype(int), (2,)), (1, 4, 2), "reduce_xor", True
    ),
    Case("reduce, any function", of_a_function, (1, 4, 3), "reduce", True),
    Case("dot_general, last axis", lambda x: x @ half(x, 3, 2), (1, 4, 3), "dot_general"),
    Case(
        "dot_general, constant first",
        lambda x: jnp.einsum("nm,bnc->bmc", half(x, 4, 5), x),
        (1, 4, 2),
        "dot_general",
    ),
    Case(
        "dot_general, batch axis",
        lambda x: jnp.einsum("bnc,bmc->bnm", x, x),
        (2, 3, 2),
        "dot_general",
    ),
    Case(
        "dot_general, outer",
        lambda x: jnp.einsum("n,m->nm", x[0, :, 0], x[0, :2, 1]),
        (1, 4, 2),
        "dot_general",
    ),
    Case(
        "dot_general, batched over space",
        lambda x: jnp.einsum("bnc,ncd->bnd", x, half(x, 4, 2, 3)),
        (1, 4, 2),
        "dot_general",
    ),
    Case(
        "dot_general with a known matrix",
        lambda x: jnp.einsum("bnc,nm->bmc", x, jnp.tri(5, dtype=x.dtype)),
        (1, 5, 1),
        "dot_general",
    ),
    Case("attention", attention, (2, 3, 2), "dot_general"),
    Case("sort", lambda x: jnp.sort(x, 1), (1, 3, 2), "sort", True),
    Case("argsort", lambda x: jnp.argsort(x, 1), (1, 3, 2), "sort", True),
    Case("sort, the values", lambda x: sorted_by_first_channel(x)[1], (1, 3, 2), "sort", True),
    Case("sort, the keys", lambda x: sorted_by_first_channel(x)[0], (1, 3, 2), "sort", True),
    Case("top_k, values", lambda x: lax.top_k(x, 2)[0], (1, 3, 3), "top_k", True),
    Case("top_k, indices", lambda x: lax.top_k(x, 2)[1], (1, 3, 3), "top_k", True),
]


@each(CASES)
def test_support_equals_the_oracle(case):
    check(case)
