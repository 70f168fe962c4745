"""Dimension expressions of JAX against plain integers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax import export

from jaxrf.theory.sizes.affine import Affine, evaluate, integer


def same_padding(n, kernel, stride):
    """Left padding of TF's SAME, in integers or in symbolic lengths that are never too short."""
    outputs = -(-n // stride)
    return ((outputs - 1) * stride + kernel - n) // 2


@given(
    layers=st.lists(st.tuples(st.integers(3, 7), st.integers(1, 3)), min_size=1, max_size=4),
    residue=st.integers(0, 80),
    turn=st.integers(1, 50),
)
def test_padding_of_a_residue_is_that_of_every_length(layers, residue, turn):
    (n,) = export.symbolic_shape("n", constraints=["n >= 200"])
    total = 1
    for _, stride in layers:
        total *= stride
    length = total * (200 + turn) + residue % total
    at = {"n": Affine(200 * total + residue % total, (("k", total),))}
    for kernel, stride in layers:
        expression, number = same_padding(n, kernel, stride), same_padding(length, kernel, stride)
        assert integer(expression, at) == number
        n, length = -(-n // stride), -(-length // stride)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", Affine(7)),
        ("- 2*n + 1", Affine(-19, (("k", -8),))),
        ("mod(n, 4)", Affine(2)),
        ("mod(n, 3)", None),
        ("floordiv(n, 4)", Affine(2, (("k", 1),))),
        ("max(n, 5)", Affine(10, (("k", 4),))),
        ("max(0, n - 11)", None),  # not decided at k = 0
        ("min(n, 5)", Affine(5)),
        ("n*n", None),
        ("n^2", None),
        ("m", None),
        ("not a length", None),
        ("floordiv(n, 0)", None),
    ],
)
def test_values(text, value):
    assert evaluate(text, {"n": Affine(10, (("k", 4),))}) == value
