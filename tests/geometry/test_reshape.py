"""Reshapes: what runs along what, and the laws that survive, against plain row-major counting."""

import itertools
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxrf.geometry.periodic_law import CONSTANT, Law
from jaxrf.geometry.reshape import (
    factor_groups,
    reshape_broadcastable,
    reshape_carriers,
    reshape_laws,
)


@st.composite
def reshapes(draw) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes of one size, from two groupings of the same prime factors."""
    factors = draw(st.lists(st.sampled_from([1, 2, 2, 3]), min_size=1, max_size=5))

    def grouped():
        cuts = sorted(draw(st.lists(st.integers(0, len(factors)), max_size=3)))
        bounds = [0, *cuts, len(factors)]
        return tuple(prod(factors[a:b]) for a, b in itertools.pairwise(bounds))

    return grouped(), grouped()


def indices(before: tuple[int, ...], dim: int) -> np.ndarray:
    """The index along ``dim`` of every element."""
    return np.indices(before)[dim]


@given(reshapes())
def test_groups_split_both_shapes_into_runs_of_equal_size(shapes):
    before, after = shapes
    groups = factor_groups(before, after)
    assert [d for g in groups for d in g.before] == list(range(len(before)))
    assert [d for g in groups for d in g.after] == list(range(len(after)))
    for group in groups:
        assert prod(before[d] for d in group.before) == prod(after[d] for d in group.after)


@given(reshapes(), st.data())
def test_broadcastable_arrays_reshape_like_full_ones(shapes, data):
    before, after = shapes
    dim = data.draw(st.integers(0, len(before) - 1))
    thin = np.arange(before[dim]).reshape([-1 if d == dim else 1 for d in range(len(before))])
    found = reshape_broadcastable(thin, before, after, lead=0)
    expected = indices(before, dim).reshape(after)
    np.testing.assert_array_equal(np.broadcast_to(found, after), expected)


@given(reshapes(), st.data())
def test_carriers_are_the_dimensions_along_which_the_index_changes(shapes, data):
    before, after = shapes
    dim = data.draw(st.integers(0, len(before) - 1))
    if before[dim] == 1:
        return
    moved = indices(before, dim).reshape(after)
    changing = {d for d in range(len(after)) if (np.diff(moved, axis=d) != 0).any()}
    assert reshape_carriers(frozenset({dim}), before, after) == changing


@given(reshapes(), st.data())
def test_laws_hold_on_every_element(shapes, data):
    before, after = shapes
    dim = data.draw(st.integers(0, len(before) - 1))
    index = np.expand_dims(indices(before, dim), 0)
    spans = np.concatenate([index, -index])
    laws = tuple(Law(1, 1) if d == dim else CONSTANT for d in range(len(before)))
    moved = spans.reshape(2, *after)
    for d, law in enumerate(reshape_laws(laws, moved, before, after)):
        if law is not None and law.period < after[d]:
            low = np.moveaxis(moved[0], d, 0)
            np.testing.assert_array_equal(low[law.period :], low[: -law.period] + law.shift)


@pytest.mark.parametrize(
    ("before", "after", "dim", "laws"),
    [
        ((12,), (4, 3), 0, (Law(1, 3), Law(1, 1))),  # space to depth
        ((4, 3), (12,), 0, (Law(3, 1),)),  # pixels in a row: the same row three times
        ((4, 3), (12,), 1, (Law(3, 0),)),  # ... and the columns come round again
        ((4, 6), (8, 3), 0, (Law(2, 1), CONSTANT)),
        ((1, 4), (4,), 1, (Law(1, 1),)),
        ((1, 1), (1,), 1, (Law(1, 1),)),  # a single output keeps its stride
    ],
)
def test_laws_by_hand(before, after, dim, laws):
    index = np.expand_dims(indices(before, dim), 0)
    given_laws = tuple(Law(1, 1) if d == dim else CONSTANT for d in range(len(before)))
    moved = np.concatenate([index, -index]).reshape(2, *after)
    assert reshape_laws(given_laws, moved, before, after) == laws
