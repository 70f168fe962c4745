"""Which dimension follows the axis, counted by hand."""

import numpy as np

from jaxrf.geometry.periodic_law import CONSTANT, Law
from tests.helpers.nodefields import line, node_field, steady


def grid(low):
    low = np.asarray(low)
    return np.stack([low, -low])


def test_a_field_is_local_where_some_output_has_a_local_path():
    assert node_field(line(None, (2, 2))).is_local
    assert not node_field(line((0, 5)), virtual=line(None)).is_local


def test_of_patches_and_their_rows_patches_follow_the_axis():
    """8 pixels as 2 patches of 4: patches move by 4, rows by 1."""
    rows = grid(np.arange(8).reshape(2, 4))
    assert node_field(rows, Law(1, 4), Law(1, 1)).follows == (0,)
    assert node_field(rows.swapaxes(1, 2), Law(1, 1), Law(1, 4)).follows == (1,)


def test_of_queries_and_keys_the_one_that_moves_with_the_others_fixed():
    """Each query sees itself and key 0; united over the other, both dimensions move alike."""
    queries = np.broadcast_to(np.arange(4)[:, None], (4, 4))
    pairs = np.stack([np.minimum(queries, 0), -queries])
    field = node_field(pairs, None, None)
    assert field.follows == (0,)
    assert (field.moves(0), field.moves(1)) == (3, 0)


def test_of_dimensions_whose_unions_move_alike_the_one_along_which_more_moves():
    """Unions move by 5 along both; single places by 9 along the first, by 8 along the second."""
    assert node_field(grid([[0, 4], [9, 1]]), None, None).follows == (0,)


def test_alike_ones_all_follow_and_none_does_where_none_carries():
    diagonal = grid(np.add.outer(np.arange(3), np.arange(3)))
    assert node_field(diagonal, Law(1, 1), Law(1, 1)).follows == (0, 1)
    assert node_field(line((0, 3)), CONSTANT).follows == ()


def test_a_law_counts_where_there_is_only_one_place():
    field = node_field(grid([[5]]), Law(1, 8), Law(1, 2))
    assert field.follows == (0,)


def test_other_arrays_make_another_field_and_the_same_ones_none():
    field = steady(3, first=(0, 0), seen=4)
    assert field.with_intervals(field.exact, field.virtual) is field
    other = field.with_intervals(line((1, 1)), line((2, 2)))
    assert (other.exact[0, 0], other.virtual[0, 0], other.seen) == (1, 2, 4)
