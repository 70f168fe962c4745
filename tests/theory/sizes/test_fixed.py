"""Models that take one size: the answer at that size, and nothing proved of any other.

Covers: theory.sizes.counts.
"""

import jax.numpy as jnp
import pytest

from jaxrf import analyze_sizes
from jaxrf.errors import InvalidInput
from jaxrf.theory.sizes.affine import Affine
from jaxrf.theory.sizes.counts import counts_agree, differing


def halves(x):
    """Any even length."""
    return (x.reshape(1, x.shape[1] // 2, 2, -1)).sum(2)


def pinned(x):
    """A reshape to a fixed size, which JAX lets pass on symbolic lengths."""
    return jnp.tanh(x[:, 1:] + x[:, :-1]).reshape(1, 223, 224, 1)


def pooled(x):
    """Nothing is left of the axis behind it."""
    return x.reshape(1, 224 * 224, 1).mean(1)


def beside(x):
    """Only one of two outputs has a fixed size."""
    return {"map": x[:, 1:] - x[:, :-1], "fixed": x.reshape(1, 224, 224, 1)}


@pytest.mark.parametrize("model", [pinned, pooled, beside])
def test_one_size_is_all_that_there_is(model):
    sizes = analyze_sizes(model, (1, None, None, 1))
    assert sizes.notes[0] == "the model takes no other size than 224x224 of those tried"
    for endpoint in sizes.values():
        assert all(axis.only == 224 for axis in endpoint.axes)
        endpoint.at(224)
        with pytest.raises(InvalidInput, match="only 224 is known"):
            endpoint.at(225)
    table = sizes.table()
    assert {row[-1] for row in table.rows} == {"n = 224"}
    assert not any("proved" in note for note in table.notes)


def test_a_size_that_is_found_from_a_start():
    f = lambda x: jnp.tanh(x).reshape(1, 8, 8, 1)  # noqa: E731
    sizes = analyze_sizes(f, (1, None, None, 1), start=8)
    assert sizes.output.size == (1, 1)
    assert "no other size than 8x8" in sizes.notes[0]


def test_a_reshape_that_fits_every_length_is_no_fixed_size():
    sizes = analyze_sizes(lambda x: x.reshape(1, x.shape[1], 1, 1), (1, None, 1))
    assert sizes.output.proved
    even = analyze_sizes(halves, (1, None, 1)).output.axes[0]
    assert [r.evidence for r in even.residues] == ["checked", "refused"]


@pytest.mark.parametrize(
    ("before", "after", "agree"),
    [
        ("n", "n", True),
        ("n m", "m n", True),
        ("n m", "n*m", True),
        ("n 4", "4*n", True),
        ("n", "64", False),
        ("n m", "224 224", False),
        ("n n", "n m", False),
        ("2*floordiv(n, 2)", "n", True),  # n is even below
        ("2*floordiv(m, 2)", "m", False),
        ("unread(n)", "n", False),
    ],
)
def test_numbers_of_elements(before, after, agree):
    at = {"n": Affine(64, (("i", 2),)), "m": Affine(64, (("j", 3),))}
    sides = [text.split() if "(" not in text else [text] for text in (before, after)]
    assert counts_agree(*differing(*sides), at) is agree
