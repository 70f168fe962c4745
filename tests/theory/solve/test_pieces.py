"""Whether one law goes on through pieces, on rows of intervals counted by hand."""

import numpy as np

from jaxrf.theory.solve.pieces import Pieces
from tests.helpers.nodefields import line, windows

LENGTH = 6


def cut(ends):
    """The real inputs among them."""
    inside = [(max(low, 0), min(high, LENGTH - 1)) for low, high in ends]
    return [(low, high) if low <= high else None for low, high in inside]


def share(lengths, base, law, pieces, exact):
    return Pieces(0, lengths, base, LENGTH).share_law(line(*law), line(*pieces), line(*exact))


def test_tiles_that_fit_share_the_law():
    law = windows(0, 4)
    assert share((2, 2), 0, law, law, law)


def test_a_tile_that_sees_other_pixels_inside_the_image_does_not():
    law = windows(0, 4)
    assert not share((2, 2), 0, law, [*law[:2], (3, 5), (4, 5)], law)


def test_padding_by_copies_may_see_as_much_elsewhere():
    """A reflected pixel before the first: by the law at [-1, -1], really at [1, 1]."""
    law = windows(-1, 5, size=1)
    reflected = [(1, 1), *law[1:]]
    assert share((1, 4), 1, law, reflected, reflected)
    wider = [(1, 2), *law[1:]]
    assert not share((1, 4), 1, law, wider, wider)


def test_a_copy_may_not_move_faster_than_the_base():
    law = windows(-2, 6, size=1)
    slow, fast = [(1, 1), (0, 0), *law[2:]], [(4, 4), (0, 0), *law[2:]]
    assert share((2, 4), 1, law, slow, slow)
    assert not share((2, 4), 1, law, fast, fast)


def test_what_is_seen_where_the_law_sees_nothing_is_not_explained():
    law = [None, *windows(0, 3)]
    assert not share((1, 3), 1, law, [(0, 0), *windows(0, 3)], [(0, 0), *windows(0, 3)])


def test_tiles_whose_halo_is_too_small_read_less_on_both_sides_of_the_border():
    law = windows(0, 4)
    short = [law[0], (1, 2), (3, 4), law[3]]
    assert not share((2, 2), 0, law, law, short)
    far = [(0, 1), *law[1:]]  # not at the border between pieces: some other cut
    assert share((2, 2), 0, law, law, far)


def test_a_border_with_nothing_on_one_side_is_none():
    law = windows(-3, 3, stride=3)  # the first output sees padding alone
    exact = cut(law)
    assert exact == [None, (0, 2), (3, 5)]
    less = [None, (0, 1), (3, 5)]  # cut by something else
    assert share((1, 2), 1, law, law, exact)
    assert share((1, 2), 1, law, law, less)
    assert not share((2, 1), 0, law, law, less)


def test_pieces_lie_along_any_dimension():
    law = line(*windows(0, 4))
    rows = np.stack([law, law], 1)
    assert Pieces(1, (2, 2), 0, LENGTH).share_law(rows, rows, rows)
    broken = rows.copy()
    broken[:, 1, 2] += [1, -1]
    assert not Pieces(1, (2, 2), 0, LENGTH).share_law(rows, broken, rows)
