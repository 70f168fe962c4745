"""Eqs (12) and (13) on operands whose intervals are written down.

Covers: geometry.misalignment.
"""

from fractions import Fraction

import pytest

from jaxrf.geometry.periodic_law import CONSTANT, Law
from jaxrf.geometry.words import IDENTITY, Read
from jaxrf.theory.solve.alignment import Alignment, Disagreement, alignment
from tests.helpers.nodefields import line, node_field, steady

BASE = steady(4, first=(-1, 1))


def apart(*fields, **options):
    return alignment(list(enumerate(fields)), **options).disagreement


def test_operands_that_see_the_same_agree():
    assert alignment([(0, BASE), (1, BASE)]) == Alignment((Law(1, 1),))
    assert alignment([(0, BASE), (1, steady(4, first=(-2, 2)))]) == Alignment((Law(1, 1),))


def test_another_centre_is_a_disagreement():
    assert apart(BASE, steady(4, first=(0, 3))) == Disagreement((0, 1), (1, 1), (1.5, 1.5))
    assert apart(steady(4, first=(0, 3)), BASE).offsets == (-1.5, -1.5)


def test_numbers_are_those_of_the_operands():
    other = steady(4, first=(0, 3))
    assert alignment([(2, BASE), (5, other)]).disagreement.operands == (2, 5)
    agreeing = steady(4, first=(-2, 2))
    assert apart(BASE, agreeing, other).operands == (0, 2)


def test_operands_that_end_together_are_causal_and_those_that_begin_together_are_not():
    causal, mirrored = steady(4, first=(-5, 1)), steady(4, first=(-1, 5))
    assert apart(BASE, causal) is None
    assert apart(BASE, mirrored).offsets == (2, 2)
    assert apart(BASE, causal, mirrored).operands == (0, 1)  # one that does not is enough
    assert apart(BASE, mirrored, causal).operands == (0, 1)


def test_another_stride_is_a_disagreement_that_grows():
    found = alignment([(0, BASE), (1, steady(4, first=(-1, 1), stride=2))])
    assert found == Alignment((None,), True, Disagreement((0, 1), (1, 2), (0, 3)))


def test_a_stride_that_alternates_agrees_where_the_centres_do():
    uneven = node_field(line((-1, 1), (0, 2), (1, 3), (2, 4)), Law(2, 2))
    assert alignment([(0, BASE), (1, uneven)]) == Alignment((Law(2, 2),))
    found = apart(BASE, node_field(line((-1, 1), (0, 3), (1, 3), (2, 5)), Law(2, 2)))
    assert (found.rates, found.offsets) == ((1, 1), (0, 0.5))


def test_what_sees_everything_has_no_say():
    everything = node_field(line((0, 9)), CONSTANT, virtual=line(None))
    assert alignment([(0, everything), (1, BASE)]) == Alignment((Law(1, 1),))
    assert alignment([(0, everything), (1, everything)]) == Alignment((CONSTANT,))


def test_places_where_one_sees_nothing_are_not_compared():
    holes = node_field(line(None, (0, 2), (1, 3), None), Law(1, 1))
    assert apart(BASE, holes) is None
    elsewhere = node_field(line(None, (1, 3), (2, 4), None), Law(1, 1))
    assert apart(BASE, elsewhere).offsets == (1, 1)


def test_single_places_cannot_be_misaligned():
    """The step of a recurrence adds a sample to a state: there is nothing to move along."""
    sample, state = node_field(line((7, 7)), CONSTANT), node_field(line((0, 6)), CONSTANT)
    assert apart(sample, state) is None


def test_dimensions_along_which_operands_lie_side_by_side_are_ignored():
    rows, others = steady(4, first=(0, 0)), steady(4, first=(5, 5))
    assert apart(rows, others) is not None
    found = alignment([(0, rows), (1, others)], ignore=0)
    assert found.laws == (CONSTANT,)
    assert found.disagreement.offsets == (5, 5)  # of the unions: 0 to 3 beside 5 to 8
    assert alignment([(0, rows), (1, steady(4, first=(0, 0)))], ignore=0).disagreement is None
    assert alignment([(0, rows), (1, rows)], ignore=0).laws == (CONSTANT,)


@pytest.mark.parametrize(("repeated", "disagree"), [(True, False), (False, True)])
def test_queries_and_keys_are_paired_all_with_all(repeated, disagree):
    column, row = line(*((u, u) for u in range(3))), line(*((u + 1, u + 1) for u in range(3)))
    queries = node_field(column.reshape(2, 3, 1), Law(1, 1), CONSTANT)
    keys = node_field(row.reshape(2, 1, 3), CONSTANT, Law(1, 1))
    reads = (Read(((0, IDENTITY), None)), Read((None, (0, IDENTITY))))
    found = alignment([(0, queries), (1, keys)], reads=reads if repeated else ())
    assert (found.disagreement is not None) == disagree
    assert found.growing
    assert found.laws == (None, None)


def test_rates_are_fractions_of_pixels_per_output():
    half = node_field(line((0, 0), (0, 0), (1, 1), (1, 1)), Law(2, 1))
    assert apart(half, steady(4, first=(0, 0))).rates == (Fraction(1, 2), 1)
