"""Slices at computed positions against the oracle."""

import jax.numpy as jnp
from jax import lax

from tests.helpers.rulecase import Case, check, each


def crop_at_brightest(x):
    """Three pixels of the second channel, from where the first one is largest."""
    return lax.dynamic_slice_in_dim(x[..., 1:], jnp.argmax(x[0, :, 0]), 3, 1)


CASES = [
    Case(
        "dynamic_slice, known start",
        lambda x: lax.dynamic_slice_in_dim(x, jnp.arange(4)[2] - 1, 3, 1),
        (1, 6, 1),
        "dynamic_slice",
    ),
    Case(
        "dynamic_slice, start clamped at the end",
        lambda x: lax.dynamic_slice_in_dim(x, jnp.arange(9)[8], 3, 1),
        (1, 6, 1),
        "dynamic_slice",
    ),
    Case(
        "dynamic_slice, two dimensions",
        lambda x: lax.dynamic_slice(x, (0, jnp.arange(3)[1], 1), (1, 2, 1)),
        (1, 4, 3),
        "dynamic_slice",
    ),
    Case(
        "dynamic_slice, start computed from the input",
        crop_at_brightest,
        (1, 5, 2),
        "dynamic_slice",
        perturb=True,
    ),
]


@each(CASES)
def test_support_equals_the_oracle(case):
    check(case)
