"""Matrix products in every role, with known and unknown, dense and sparse matrices."""

import jax
import jax.numpy as jnp
from jax import lax

from tests.helpers.rulecase import Case


def half(x, *shape):
    return jnp.full(shape, 0.5, x.dtype)


def attention(x, mask=None):
    scores = jnp.einsum("bqhc,bkhc->bhqk", x, x)
    if mask is not None:
        scores = jnp.where(mask, scores, -jnp.inf)
    return jnp.einsum("bhqk,bkhc->bqhc", jax.nn.softmax(scores), x)


def heads(x):
    return x.reshape(*x.shape[:2], 2, -1)


def linear_attention(x):
    """Keys meet values before queries: a sum over all tokens."""
    return jnp.einsum("bqc,bkc,bkd->bqd", x, x, x)


def blocks(x):
    """A known block-diagonal matrix."""
    return jnp.kron(jnp.eye(2, dtype=x.dtype), jnp.ones((2, 2), x.dtype))


CASES = [
    Case("vector", lambda x: x @ half(x, 3), (1, 4, 3), "dot_general"),
    Case("outer", lambda x: jnp.outer(x[0], x[1]), (2, 3), ""),
    Case("tensordot", lambda x: jnp.tensordot(x, half(x, 2, 3, 4), 2), (1, 2, 3), "dot_general"),
    Case("Kronecker", lambda x: jnp.kron(x, half(x, 2, 1)), (2, 3), ""),
    Case("bilinear", lambda x: jnp.einsum("nc,cd,nd->n", x, half(x, 2, 2), x), (3, 2),
         "dot_general"),
    Case("contracting two", lambda x: jnp.einsum("nhc,hcd->nd", x, half(x, 2, 2, 3)), (2, 2, 2),
         "dot_general"),
    Case("several batch axes", lambda x: jnp.einsum("bhqc,bhkc->bhqk", x, x), (2, 2, 2, 2),
         "dot_general"),
    Case("vmap", lambda x: jax.vmap(jnp.matmul)(x, half(x, 2, 3, 2)), (2, 2, 3), "dot_general"),
    Case("accumulating in another type",
         lambda x: lax.dot_general(x.astype(jnp.bfloat16), jnp.ones((3, 2), jnp.bfloat16),
                                   (((2,), (0,)), ((), ())), preferred_element_type=jnp.float32),
         (1, 2, 3), "dot_general"),
    Case("multi-head attention", lambda x: attention(heads(x)), (1, 3, 4), "dot_general"),
    Case("causal attention", lambda x: attention(heads(x), jnp.tri(3, dtype=bool)), (1, 3, 2),
         "dot_general",
         ),
    Case("scores that a mask multiplies",
         lambda x: jnp.einsum("bqc,bkc->bqk", x, x) * jnp.tri(3, dtype=x.dtype), (1, 3, 2), "mul"),
    Case("linear attention", linear_attention, (1, 3, 2), "dot_general"),
    Case("known lower triangle", lambda x: jnp.tri(4, dtype=x.dtype) @ x, (4, 2), "dot_general"),
    Case("known, on the right", lambda x: x @ jnp.tri(4, 3, dtype=x.dtype), (2, 4), "dot_general"),
    Case("known blocks", lambda x: jnp.einsum("bnc,nm->bmc", x, blocks(x)), (1, 4, 2),
         "dot_general"),
    Case("known for each of a batch",
         lambda x: jnp.einsum("bnc,bnm->bmc", x, jnp.stack([jnp.tri(3), jnp.eye(3)])),
         (2, 3, 1), "dot_general"),
    Case("known, contracting two axes",
         lambda x: jnp.einsum("hwc,hwk->kc", x, jnp.sign(jnp.arange(12).reshape(2, 2, 3) % 4)),
         (2, 2, 1), "dot_general"),
    Case("one-hot selection", lambda x: jax.nn.one_hot(jnp.array([2, 0]), 3, dtype=x.dtype) @ x,
         (3, 2), "dot_general"),
    Case("a row of zeros", lambda x: jnp.eye(4, 3, k=0, dtype=x.dtype) @ x, (3, 1), "dot_general"),
    Case("integers", lambda x: x.astype(int) @ jnp.tri(3, dtype=int), (2, 3), "dot_general",
         perturb=True),
    Case("complex", lambda x: jnp.abs(lax.complex(x, x) @ (half(x, 3, 2) * (1 + 1j))), (2, 3),
         "dot_general complex"),
    Case("squared distances", lambda x: ((x[:, None] - 2 * x[None]) ** 2).sum(-1), (3, 2), ""),
]  # fmt: skip
