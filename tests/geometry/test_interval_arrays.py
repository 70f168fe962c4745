"""Arrays of intervals, by hand; [low, -high] and EMPTY for nothing."""

import numpy as np

from jaxrf.geometry.interval_arrays import (
    EMPTY,
    centers,
    empty,
    filled,
    movement,
    shifted,
    squeezed,
    union,
)

NOTHING = [EMPTY, EMPTY]


def line(*pairs):
    return np.array([NOTHING if p is None else [p[0], -p[1]] for p in pairs]).T


SOME = line((0, 3), None, (-2, 5))


def test_nothing_is_told_from_something():
    assert filled(SOME).tolist() == [True, False, True]
    assert empty(3).shape == (2, 1, 1, 1)
    assert not filled(empty(3)).any()


def test_a_shift_moves_both_ends_and_leaves_nothing_as_it_is():
    np.testing.assert_array_equal(shifted(SOME, 4), line((4, 7), None, (2, 9)))
    np.testing.assert_array_equal(shifted(SOME, np.array([1, 5, -1])), line((1, 4), None, (-3, 4)))
    repeated = shifted(line((0, 3)), np.array([0, 10]))  # broadcast against the shifts
    np.testing.assert_array_equal(repeated, line((0, 3), (10, 13)))
    np.testing.assert_array_equal(SOME, line((0, 3), None, (-2, 5)))  # in place of nothing


def test_centres_are_doubled():
    assert centers(SOME)[[0, 2]].tolist() == [3, 3]


def test_a_union_holds_both():
    other = line((1, 9), (7, 7), None)
    np.testing.assert_array_equal(union(SOME, other), line((0, 9), (7, 7), (-2, 5)))
    assert union(SOME, SOME) is SOME


def test_a_union_with_what_sees_all_of_it_is_that():
    """Kept at length 1; one that leaves something out has to vary."""
    many = line(*((i, i) for i in range(8)))
    everything = line((0, 7))
    assert union(many, everything) is everything
    assert union(everything, many) is everything
    np.testing.assert_array_equal(
        union(many, line((0, 6))), line(*((0, max(6, i)) for i in range(8)))
    )
    two = line((1, 1), (2, 2))
    np.testing.assert_array_equal(union(two, line((1, 2))), line((1, 2), (1, 2)))  # too few to look


def test_dimensions_along_which_nothing_varies_become_single():
    rows = np.stack([np.broadcast_to([[0, 1, 2]], (4, 3)), np.broadcast_to([[0, -1, -2]], (4, 3))])
    assert squeezed(rows, [0]).shape == (2, 1, 3)
    assert squeezed(rows, [1]).shape == (2, 4, 3)
    assert squeezed(rows, []).shape == (2, 4, 3)
    assert squeezed(rows, [0, 1])[0].tolist() == [[0, 1, 2]]


def test_movement_is_that_of_the_end_that_travels_farther():
    assert movement(line((0, 3), (2, 3), (4, 9)), 0) == 6
    assert movement(line((0, 3), None, (4, 3)), 0) == 4  # what sees nothing does not count
    assert movement(line(None, None), 0) == 0
    assert movement(line((0, 3)), 0) == 0
    grid = np.stack([np.array([[0, 1], [5, 7]]), -np.array([[0, 1], [5, 7]])])
    assert (movement(grid, 0), movement(grid, 1)) == (6, 2)  # the other dimension held fixed
