"""Words that move all operands at once (moves, reshapes, concatenations), against numpy.

Covers: geometry.words.concatenate, geometry.words.reshape.
"""

import numpy as np
import pytest

from jaxrf.geometry.interval_arrays import EMPTY
from jaxrf.geometry.periodic_law import Law
from jaxrf.geometry.words import (
    Concatenate,
    Reshape,
)


@pytest.mark.parametrize(
    ("word", "operands", "output"),
    [
        (Reshape(), [(4, 6)], (2, 2, 3, 2)),
        (Reshape(), [(2, 3, 4)], (6, 4)),
        (Reshape(), [(6, 1)], (2, 3)),
        (Concatenate(1), [(2, 3), (2, 1), (2, 0), (2, 2)], (2, 6)),
        (Concatenate(0), [(2, 3), (1, 3)], (3, 3)),
    ],
)
def test_moves_against_numpy(word, operands, output):
    """Elements are numbered; where a number ends up is what the mask comes back from."""
    assert word.fits(operands, output)
    assert not word.fits(operands, (*output[:-1], output[-1] + 1))
    numbers, total = [], 0
    for shape in operands:
        size = int(np.prod(shape))
        numbers.append(np.arange(total, total + size).reshape(shape))
        total += size
    if isinstance(word, Reshape):
        moved = numbers[0].reshape(output)
    else:
        moved = np.concatenate(numbers, word.dim)
    mask = np.random.default_rng(2).random(output) < 0.5
    for part, number in zip(word.back(mask, operands, output), numbers, strict=True):
        np.testing.assert_array_equal(part, np.isin(number, moved[mask]))
    whole = word.back(np.ones((1,) * len(output), bool), operands, output)
    assert all(np.broadcast_to(p, s).all() for p, s in zip(whole, operands, strict=True))


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ((1, 4, 6), (4, 6), {1: 0, 2: 1}),
        ((2, 4, 6), (8, 6), {2: 1}),
        ((2, 12), (2, 3, 4), {0: 0}),
        (("n", 4, 3), ("n", 12), {0: 0}),  # lengths may be expressions
        ((4, 3), (12,), {}),
    ],
)
def test_dimensions_that_a_reshape_keeps(before, after, kept):
    assert Reshape().kept_dims(before, after) == kept


def test_a_concatenation_keeps_all_dimensions_and_lays_along_one():
    word = Concatenate(1)
    assert word.kept_dims((2, 3), (2, 6)) == {0: 0, 1: 1}
    assert [word.concatenates_along(d) for d in range(2)] == [False, True]
    assert not Reshape().concatenates_along(0)
    assert (word.moved([7, 8]), Reshape().moved([7, 8])) == ([7, 8], [7])


def test_pieces_are_laid_with_nothing_where_nothing_is_seen():
    word, piece = Concatenate(0), np.stack([np.arange(2), -np.arange(2)])
    laid = word.concatenated_arrays([piece, None, np.array([[5], [-5]])], [2, 1, 2], 1)
    assert laid[0].tolist() == [0, 1, EMPTY, 5, 5]
    assert word.concatenated_arrays([piece[:, :1], piece[:, :1].copy()], [1, 1], 1).shape == (
        2,
        1,
    )  # kept once


def test_reshape_carries_intervals_laws_and_carriers():
    intervals = np.stack([np.arange(6), -np.arange(6)])
    exact, virtual, laws, carriers = Reshape().forward(
        intervals, intervals, (Law(1, 1),), frozenset({0}), (6,), (2, 3)
    )
    assert exact[0].tolist() == virtual[0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert laws == (Law(1, 3), Law(1, 1))
    assert carriers == {0, 1}
