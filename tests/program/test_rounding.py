"""Known floats that a compiled program may round otherwise: all outcomes count, and no others.

Covers: program.compiled.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.program import constants as known
from jaxrf.theory.analyze import analyze


def reads(f, at: int, length: int = 6) -> list[int]:
    """The inputs that an output reads."""
    return np.flatnonzero(analyze(f, (1, length, 1)).support(None, (at,)).mask).tolist()


def cut(towards, dtype="float32"):
    """0 to 5, through a division by 6 that need not give them back: 2 may be 3 after all."""
    return towards((jnp.arange(6, dtype=dtype) + 0.5) / 6 * 6 - 0.5).astype(int)


@pytest.fixture
def no_compiler(monkeypatch):
    """Nothing can be compiled: then every outcome of moved results counts."""
    monkeypatch.setattr(known, "compiled", lambda *_: None)


@pytest.mark.parametrize(
    "positions",
    [
        lambda i: i / 7 * 7,
        lambda i: i / 6 * 6,
        lambda i: (i + 0.5) / 6 * 6 - 0.5,
        lambda i: i * 0.1 * 10,
        lambda i: i * 0.1 + i * 0.2 + i * 0.7,
        lambda i: jnp.exp(jnp.log(i + 1)) - 1,
        lambda i: i.astype("float16") * 0.1 / 0.1,
    ],
)
@pytest.mark.parametrize("towards", [jnp.ceil, jnp.floor])
def test_what_the_compiled_program_reads_is_among_what_is_read(positions, towards):
    def f(x):
        index = towards(positions(jnp.arange(6.0))).astype(int)
        return jnp.take(x, index, 1, mode="clip")

    found = np.asarray(jax.jit(f)(np.arange(6.0)[None, :, None]))[0, :, 0]
    for at in range(6):
        said = reads(f, at)
        assert int(found[at]) in said
        assert len(said) <= 2


def test_an_index_beside_a_whole_number_may_be_either(no_compiler):
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


def test_slices_start_at_either(no_compiler):
    twice = lambda x: jnp.concatenate([x, x], 1)  # noqa: E731
    start = lambda: cut(jnp.ceil)[3]  # noqa: E731
    assert reads(lambda x: lax.dynamic_slice(twice(x), (0, start(), 0), (1, 2, 1)), 0) == [3, 4]
    put = lambda x: lax.dynamic_update_slice(x, x[:, :1], (0, start(), 0))  # noqa: E731
    assert [reads(put, at) for at in (2, 3, 4)] == [[2], [0, 3], [0, 4]]


def test_updates_land_at_either(no_compiler):
    def set_(x):
        return jnp.zeros_like(x).at[:, cut(jnp.ceil)].set(x)

    def add(x):
        return jnp.zeros_like(x).at[:, cut(jnp.ceil)].add(x)

    assert [reads(f, 3) for f in (set_, add)] == [[2, 3], [2, 3]]


def test_elements_of_a_mask_are_open_where_rounding_decides_them(no_compiler):
    def masked(x):
        near = cut(jnp.ceil)[:, None] >= jnp.arange(6)
        return near.astype(x.dtype) @ x

    assert [reads(masked, at) for at in (0, 2)] == [[0, 1], [0, 1, 2, 3]]


def test_a_predicate_that_rounding_decides_takes_both_branches(no_compiler):
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


@pytest.mark.parametrize(("length", "made"), [(14, 7), (6, 15), (9, 18), (6, 4), (5, 13)])
def test_resizing_to_the_nearest_is_what_it_was(length, made):
    """Where a position is at the border of two pixels, the compiler says which one it takes."""
    resize = lambda x: jax.image.resize(x, (1, made, 1), "nearest")  # noqa: E731
    for at in range(made):
        assert reads(resize, at, length) == [(2 * at + 1) * length // (2 * made)]


@pytest.mark.parametrize("method", ["linear", "cubic"])
def test_taps_that_rounding_leaves_at_zero_stay_zero(method):
    for made in (3, 9, 12):
        resize = lambda x: jax.image.resize(x, (1, made, 1), method)  # noqa: B023, E731
        assert (
            max(len(reads(resize, at)) for at in range(made)) <= {"linear": 4, "cubic": 8}[method]
        )
