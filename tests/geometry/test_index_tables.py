"""Unions over taps against loops over them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxrf.geometry.index_tables import Table, continued, gather, gather_back, sliding, sliding_far
from jaxrf.geometry.interval_arrays import EMPTY
from jaxrf.geometry.periodic_law import Law


def line(*ends):
    """Intervals along one dimension; None is nothing."""
    pairs = [(EMPTY, EMPTY) if e is None else (e[0], -e[1]) for e in ends]
    return np.array(pairs).T


def read(array):
    return [None if low >= EMPTY // 2 else (int(low), -int(high)) for low, high in array.T]


OPERAND = line((0, 1), (2, 4), None, (5, 5))
INDICES = np.array([[-1, 0], [0, 1], [2, 2], [1, 3], [3, 5]])
TABLE = Table(INDICES, np.array([[1, 1], [1, 0], [1, 1], [1, 1], [1, 1]], bool))


def test_taps_inside_are_valid_and_in_range():
    assert TABLE.inside(4).tolist() == [
        [False, True], [True, False], [True, True], [True, True], [True, False],
    ]  # fmt: skip


def test_without_a_law_there_is_nothing_outside():
    assert read(gather(OPERAND, 0, 4, TABLE, None)) == [(0, 1), (0, 1), None, (2, 5), (5, 5)]


def test_a_law_goes_on_outside():
    operand = line((0, 2), (1, 3), (4, 6), (5, 7))  # two by two, moved by 4
    table = Table(np.array([[-1], [-2], [4], [5], [9]]), np.ones((5, 1), bool))
    expected = [(-3, -1), (-4, -2), (8, 10), (9, 11), (17, 19)]
    assert read(gather(operand, 0, 4, table, Law(2, 4))) == expected


def test_phases_that_the_operand_does_not_reach_see_nothing():
    table = Table(np.array([[3], [4], [-1]]), np.ones((3, 1), bool))
    operand = line((0, 0), (1, 1), (2, 2))
    assert read(gather(operand, 0, 3, table, Law(4, 9))) == [None, (9, 9), None]


def test_what_does_not_vary_is_read_as_it_is():
    once = line((3, 8))
    assert read(gather(once, 0, 4, TABLE, None)) == [(3, 8)] * 5


def test_the_dimension_may_be_any():
    operand = np.stack([OPERAND, OPERAND + np.array([[10], [-10]])], 1)
    found = gather(operand, 1, 4, TABLE, None)
    assert read(found[:, 1]) == [(10, 11), (10, 11), None, (12, 15), (15, 15)]
    np.testing.assert_array_equal(
        found.swapaxes(1, 2), gather(operand.swapaxes(1, 2), 0, 4, TABLE, None)
    )


def test_one_period_is_continued():
    period = line((0, 1), (3, 3), None)
    found = continued(period, 0, 7, Law(3, 5))
    assert read(found) == [(0, 1), (3, 3), None, (5, 6), (8, 8), None, (10, 11)]
    assert continued(period, 0, 3, Law(3, 5)) is period


def test_masks_back_through_a_table():
    mask = np.array([[True, False, False, False, True], [False, False, True, True, False]])
    back = gather_back(mask, 1, TABLE, 4)
    assert back.tolist() == [[True, False, False, True], [False, True, True, True]]
    assert gather_back(np.ones((1, 1), bool), 1, TABLE, 4).tolist() == [[True] * 4]


@pytest.mark.parametrize("slide", [sliding, sliding_far])
@given(
    length=st.integers(1, 12), outputs=st.integers(1, 7), first=st.integers(-20, 20),
    taps=st.integers(1, 20), step=st.integers(1, 4), stride=st.integers(1, 4),
    constant=st.booleans(), seed=st.integers(0, 9),
)  # fmt: skip
def test_sliding_unions(slide, length, outputs, first, taps, step, stride, constant, seed):
    rng = np.random.default_rng(seed)
    low = rng.integers(-9, 9, (3, 1 if constant else length))
    operand = np.stack([low, -(low + rng.integers(0, 5, low.shape))])
    operand[:, 1] = np.where(rng.random(low.shape[1]) < 0.4, EMPTY, operand[:, 1])
    found = slide(operand, 1, length, outputs, first=first, taps=taps, step=step, stride=stride)
    assert found.shape == (2, 3, outputs)
    for u in range(outputs):
        at = [first + u * stride + j * step for j in range(taps)]
        real = [operand[:, :, 0 if constant else i] for i in at if 0 <= i < length]
        expected = np.min(real, axis=0) if real else np.full((2, 3), EMPTY)
        np.testing.assert_array_equal(found[:, :, u], expected)
