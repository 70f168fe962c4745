"""Primitives that move elements, and what jax.numpy builds from them, against the oracle."""

import jax.numpy as jnp
from jax import lax

from tests.helpers.rulecase import Case, check, each


def padded(*config):
    return lambda x: lax.pad(x, x.dtype.type(1), config)


def space_to_depth(x):
    n, h, w, c = x.shape
    blocks = x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 2, 4, 5)
    return blocks.reshape(n, h // 2, w // 2, 4 * c)


def pixel_shuffle(x):
    n, h, w, c = x.shape
    blocks = x.reshape(n, h, w, 2, 2, c // 4).transpose(0, 1, 3, 2, 4, 5)
    return blocks.reshape(n, 2 * h, 2 * w, c // 4)


def between_ones(x):
    one = jnp.ones((1, 1, 1), x.dtype)
    return jnp.concatenate([one, one, x, one], 1)


CASES = [
    Case("pad", padded((0, 0, 0), (2, 1, 0), (0, 1, 0)), (1, 4, 2), "pad"),
    Case("pad, interior", padded((0, 0, 0), (1, 2, 2), (0, 0, 0)), (1, 4, 1), "pad"),
    Case("pad, negative", padded((0, 0, 0), (-1, -2, 0), (0, 0, 0)), (1, 6, 1), "pad"),
    Case("pad, interior, negative", padded((0, 0, 0), (-2, -1, 1), (0, 0, 0)), (1, 5, 1), "pad"),
    Case(
        "pad with a value computed from the input",
        lambda x: lax.pad(x[:, 1:], x[0, 0, 0], ((0, 0, 0), (1, 1, 0), (0, 0, 0))),
        (1, 5, 1),
        "pad",

    ),
    Case("slice", lambda x: x[:, 2:5], (1, 7, 2), "slice"),
    Case("slice, strided", lambda x: x[:, 1::3, ::2], (1, 9, 4), "slice"),
    Case("rev", lambda x: x[:, ::-1, ::-1], (1, 5, 3), "rev"),
    Case("rev after a strided crop", lambda x: x[:, 1:7:2][:, ::-1], (1, 9, 1), "rev slice"),
    Case("split", lambda x: jnp.split(x, [2, 5], 1)[1], (1, 7, 1), "split"),
    Case("split, summed", lambda x: sum(jnp.split(x, 3, 1)), (1, 6, 1), "split"),
    Case("concatenate", lambda x: jnp.concatenate([x[:, 3:], x[:, :2]], 1), (1, 6, 2), "slice"),
    Case("concatenate with constants", between_ones, (1, 4, 1), "concatenate"),
    Case("concatenate, channels", lambda x: jnp.concatenate([x, x[:, ::-1]], 2), (1, 5, 2), "rev"),
    Case("concatenate, twice the same", lambda x: jnp.concatenate([x, x], 1), (1, 3, 1), ""),
    Case(
        "broadcast", lambda x: jnp.broadcast_to(x[:, :, None], (1, 4, 3, 2)), (1, 4, 2),
        "broadcast_in_dim",
    ),
    Case(
        "broadcast, size 1", lambda x: jnp.broadcast_to(x[:, 1:2], (1, 4, 2)), (1, 4, 2),
        "broadcast_in_dim",
    ),
    Case(
        "broadcast, scalar", lambda x: jnp.broadcast_to(x[0, 1, 0], (2, 3)), (1, 4, 2),
        "broadcast_in_dim",
    ),
    Case("transpose", lambda x: x.transpose(3, 1, 0, 2), (1, 3, 4, 2), "transpose"),
    Case("reshape, merge", lambda x: x.reshape(1, 12, 2), (1, 3, 4, 2), "reshape"),
    Case("reshape, split", lambda x: x.reshape(1, 2, 3, 2), (1, 6, 2), "reshape"),
    Case("reshape, neither", lambda x: x.reshape(4, 6), (1, 8, 3), "reshape"),
    Case("reshape, sizes of 1", lambda x: x.reshape(3, 1, 2, 1), (1, 3, 1, 2), "reshape"),
    Case("reshape of a part", lambda x: x[:, 1:3].reshape(1, 8), (1, 4, 4), "reshape"),
    Case("space to depth", space_to_depth, (1, 4, 6, 1), "reshape transpose"),
    Case("pixel shuffle", pixel_shuffle, (1, 2, 3, 4), "reshape transpose"),
    Case("squeeze", lambda x: jnp.squeeze(x[:, 2:3], 1), (1, 4, 2), "squeeze"),
    Case("new axes", lambda x: lax.expand_dims(x, (1, 3)), (1, 4, 2), "broadcast_in_dim"),
    Case("repeat", lambda x: jnp.repeat(x, 3, 1), (1, 4, 1), "broadcast_in_dim reshape"),
    Case("roll", lambda x: jnp.roll(x, 2, 1), (1, 5, 1), "slice concatenate"),
    *(
        Case(
            f"jnp.pad, {mode}",
            lambda x, mode=mode: jnp.pad(x, ((0, 0), (2, 3), (0, 0)), mode=mode),
            (1, 5, 1),
            "concatenate",
        )
        for mode in ("reflect", "edge", "wrap", "symmetric")
    ),
]  # fmt: skip


@each(CASES)
def test_support_equals_the_oracle(case):
    check(case)
