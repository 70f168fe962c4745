"""Known floats that a compiled program may round otherwise: all outcomes count, and no others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.analysis import analyze
from jaxrf.measure.support import measure_support


def reads(f, at: int, length: int = 6) -> list[int]:
    """The inputs that an output reads."""
    return np.flatnonzero(analyze(f, (1, length, 1)).support(None, (at,)).mask).tolist()


def cut(towards, dtype="float32"):
    """0 to 5, through a division by 6 that need not give them back: 2 may be 3 after all."""
    return towards((jnp.arange(6, dtype=dtype) + 0.5) / 6 * 6 - 0.5).astype(int)


def test_an_index_beside_a_whole_number_may_be_either():
    assert reads(lambda x: x[:, cut(jnp.ceil)], 2) == [2, 3]
    assert reads(lambda x: x[:, cut(jnp.floor)], 2) == [1, 2]
    assert reads(lambda x: x[:, cut(jnp.round)], 2) == [2]
    assert reads(lambda x: x[:, cut(jnp.floor, "float16")], 4) == [3, 4]


@pytest.mark.parametrize(
    "index",
    [
        lambda: jnp.floor(jnp.arange(6) * 0.5).astype(int),
        lambda: jnp.floor((jnp.arange(6) + 0.5) / 2 - 0.25).astype(int),
        lambda: jnp.ceil(jnp.arange(6.0) * 2 / 4).astype(int),
        lambda: jnp.floor((jnp.arange(6) + 0.5) * (4 / 6)).astype(int),
        lambda: jnp.round(jnp.arange(6) * 0.9).astype(int),
        lambda: jnp.cumsum(jnp.full((6,), 0.25)).astype(int),
        lambda: (jnp.sin(jnp.arange(6.0)) * 2 + 3).astype(int),
    ],
)
def test_what_is_exact_or_far_from_whole_numbers_is_one_index(index):
    for at in range(6):
        assert reads(lambda x: x[:, index()], at) == [int(index()[at])]


def test_slices_start_at_either():
    twice = lambda x: jnp.concatenate([x, x], 1)  # noqa: E731
    start = lambda: cut(jnp.ceil)[3]  # noqa: E731
    assert reads(lambda x: lax.dynamic_slice(twice(x), (0, start(), 0), (1, 2, 1)), 0) == [3, 4]
    put = lambda x: lax.dynamic_update_slice(x, x[:, :1], (0, start(), 0))  # noqa: E731
    assert [reads(put, at) for at in (2, 3, 4)] == [[2], [0, 3], [0, 4]]


def test_updates_land_at_either():
    def set_(x):
        return jnp.zeros_like(x).at[:, cut(jnp.ceil)].set(x)

    def add(x):
        return jnp.zeros_like(x).at[:, cut(jnp.ceil)].add(x)

    assert [reads(f, 3) for f in (set_, add)] == [[2, 3], [2, 3]]


def test_elements_of_a_mask_are_open_where_rounding_decides_them():
    def masked(x):
        near = cut(jnp.ceil)[:, None] >= jnp.arange(6)
        return near.astype(x.dtype) @ x

    assert [reads(masked, at) for at in (0, 2)] == [[0, 1], [0, 1, 2, 3]]


def test_a_predicate_that_rounding_decides_takes_both_branches():
    def branch(x):
        return lax.cond(cut(jnp.floor)[2] > 1, lambda x: x, lambda x: x[:, ::-1], x)

    assert reads(branch, 0) == [0, 5]
    assert reads(lambda x: jnp.where(cut(jnp.floor)[:, None] > 1, x, x[:, ::-1]), 0) == [5]


def test_one_array_compared_with_itself_is_equal():
    """Both sides are moved alike."""

    def causal(x):
        place = jnp.linspace(0, 1, 6)
        return jnp.where(place[:, None] >= place, 1.0, 0.0) @ x

    for at in range(6):
        assert reads(causal, at) == list(range(at + 1))


@pytest.mark.parametrize("method", ["nearest", "linear", "cubic"])
def test_resizing_is_what_it_was(method):
    """Taps of weight zero are none, and no position lies at a border between two pixels."""
    for length in (3, 9, 12):
        resize = lambda x: jax.image.resize(x, (1, length, 1), method)  # noqa: B023, E731
        for at in range(length):
            found = reads(resize, at)
            assert 0 < len(found) <= {"nearest": 1, "linear": 4, "cubic": 8}[method]
            assert found == list(range(found[0], found[-1] + 1)) or method == "cubic"


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[:, cut(jnp.ceil)],
        lambda x: x.at[:, cut(jnp.ceil)].set(2 * x[:, ::-1]),
        lambda x: lax.dynamic_update_slice(x, x[:, :1], (0, cut(jnp.ceil)[3], 0)),
        lambda x: lax.dynamic_slice(x, (0, cut(jnp.ceil)[3], 0), (1, 2, 1)),
    ],
)
def test_the_measurement_opens_both(f):
    analysis = analyze(f, (1, 6, 1))
    for at in range(analysis.grid("output")[0]):
        assert measure_support(f, (1, 6, 1), at=(at,)).equal
