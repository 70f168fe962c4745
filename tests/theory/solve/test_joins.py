"""Unions of operands and pieces laid side by side, with every number written down."""

from dataclasses import replace

import pytest

from jaxrf.geometry.periodic_law import CONSTANT, Law
from jaxrf.geometry.words import Concatenate, Read
from jaxrf.theory.solve.joins import concatenated, joined
from tests.helpers.nodefields import line, node_field, pairs, steady

READS = (Read.elementwise(1),) * 2
LENGTH = 8  # of the input axis


def join(*parts):
    found = {}
    return joined(list(parts), 7, found, READS), found


def concatenate(*pieces, count=None):
    """(field, disagreements) of pieces (field, length); None sees nothing."""
    operands = [(field, (length,)) for field, length in pieces]
    found = {}
    total = sum(length for _, length in pieces)
    return concatenated(operands, (total,), Concatenate(0), 7, found, LENGTH), found


def test_a_join_sees_what_either_operand_sees():
    field, found = join(steady(3, first=(-1, 1)), steady(3, first=(-2, 2)))
    assert pairs(field.exact) == [(-2, 2), (-1, 3), (0, 4)]
    assert (field.laws, field.misaligned, field.growing, found) == ((Law(1, 1),), None, False, {})


def test_a_join_with_what_sees_nothing_is_the_other_operand():
    one = steady(3, first=(-1, 1))
    assert join(None, one)[0] is one
    assert join(one, None)[0] is one


def test_real_and_virtual_intervals_are_united_apart():
    one = replace(steady(2, first=(-1, 1)), exact=line((0, 1), (0, 2)))
    field, _ = join(one, steady(2, first=(0, 0)))
    assert (pairs(field.exact), pairs(field.virtual)) == ([(0, 1), (0, 2)], [(-1, 1), (0, 2)])


def test_a_disagreement_is_recorded_and_blames_the_join():
    field, found = join(steady(3, first=(0, 0)), steady(3, first=(1, 1)))
    assert field.misaligned == 7
    assert found[7].offsets == (1, 1)


def test_the_first_misaligned_join_below_stays_to_blame():
    below = steady(3, first=(0, 0), misaligned=2)
    field, found = join(below, steady(3, first=(1, 1)))
    assert field.misaligned == 2
    assert 7 in found
    assert join(steady(3, first=(0, 0)), below)[0].misaligned == 2


@pytest.mark.parametrize("name", ["seen", "unknown", "lost"])
def test_the_first_operand_that_says_so_names_what_is_below(name):
    plain, marked = steady(3, first=(0, 0)), steady(3, first=(0, 0), **{name: 4})
    other = steady(3, first=(0, 0), **{name: 5})
    assert getattr(join(plain, marked)[0], name) == 4
    assert getattr(join(marked, other)[0], name) == 4


def test_what_grows_below_grows():
    assert join(steady(3, first=(0, 0)), steady(3, first=(0, 0), growing=True))[0].growing


def test_carriers_are_those_of_either_operand():
    one, other = (steady(3, first=(0, 0), carriers=frozenset(c)) for c in ((), (0,)))
    assert join(one, other)[0].carriers == {0}


def test_tiles_that_fit_have_the_law_of_the_longest():
    field, found = concatenate((steady(2, first=(0, 0)), 2), (steady(3, first=(2, 2)), 3))
    assert pairs(field.exact) == [(u, u) for u in range(5)]
    assert (field.laws, field.pieces, found) == ((Law(1, 1),), None, {})


def test_reflected_padding_goes_on_by_the_law():
    reflected = steady(1, first=(1, 1))  # pixel 1 laid before pixel 0
    field, _ = concatenate((reflected, 1), (steady(4, first=(0, 0)), 4))
    assert pairs(field.exact) == [(1, 1), (0, 0), (1, 1), (2, 2), (3, 3)]
    assert pairs(field.virtual) == [(-1, -1), (0, 0), (1, 1), (2, 2), (3, 3)]
    assert field.laws == (Law(1, 1),)
    assert field.pieces is None


def test_padding_that_sees_nothing_goes_on_by_the_law():
    field, _ = concatenate((None, 2), (steady(4, first=(0, 1)), 4))
    assert pairs(field.exact) == [None, None, (0, 1), (1, 2), (2, 3), (3, 4)]
    assert pairs(field.virtual)[:2] == [(-2, -1), (-1, 0)]


def test_levels_of_several_strides_are_remembered_as_pieces():
    fine, coarse = steady(4, first=(0, 1), stride=2), steady(2, first=(0, 3), stride=4)
    field, found = concatenate((fine, 4), (coarse, 2))
    assert field.laws == (None,)
    assert field.pieces == (0, (0, 4))
    assert pairs(field.virtual) == [(0, 1), (2, 3), (4, 5), (6, 7), (0, 3), (4, 7)]
    assert field.misaligned is None
    assert found == {}  # nothing is joined at one place


def test_a_piece_of_no_length_is_no_piece():
    one = steady(3, first=(0, 0))
    assert concatenate((one, 3), (steady(1, first=(5, 5)), 0))[0] is one
    fine, coarse = steady(4, first=(0, 1), stride=2), steady(2, first=(0, 3), stride=4)
    field, _ = concatenate((fine, 4), (None, 0), (coarse, 2))
    assert field.pieces == (0, (0, 4))


def test_channels_beside_each_other_are_joined_at_every_place():
    """Concatenated along dimension 1, which nothing varies along: eqs (12) and (13) hold or not."""

    def channels(first):
        field = steady(3, first=first)
        wide = field.exact.reshape(2, 3, 1)
        return node_field(wide, Law(1, 1), CONSTANT)

    operands = [(channels((0, 0)), (3, 4)), (channels((1, 1)), (3, 2))]
    found = {}
    field = concatenated(operands, (3, 6), Concatenate(1), 7, found, LENGTH)
    assert found[7].offsets == (1, 1)
    assert field.misaligned == 7
    assert field.laws == (Law(1, 1), None)
    assert field.exact.shape == (2, 3, 6)
    assert field.exact[0, 0].tolist() == [0, 0, 0, 0, 1, 1]
    same = [(channels((0, 0)), (3, 4)), (channels((0, 0)), (3, 2))]
    field = concatenated(same, (3, 6), Concatenate(1), 7, found := {}, LENGTH)
    assert field.laws == (Law(1, 1), CONSTANT)
    assert field.exact.shape == (2, 3, 1)
    assert not found


def test_single_places_in_a_row_carry_the_axis_again():
    """States of a recurrence written out: each piece is one output, the axis lies along them."""
    states = [(node_field(line((0, u)), CONSTANT), 1) for u in range(3)]
    field, _ = concatenate(*states)
    assert pairs(field.exact) == [(0, 0), (0, 1), (0, 2)]
    assert field.carriers == {0}
    assert field.laws == (None,)
