"""Periodic laws, by hand and against windows that are slid over intervals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxrf.geometry.periodic_law import CONSTANT, Law, combined, holds, reduced, through


def line(lows, size=2):
    lows = np.asarray(lows)
    return np.stack([lows, -(lows + size)])


def test_the_rate_is_pixels_per_index():
    assert (Law(2, 3).rate, CONSTANT.rate) == (Fraction(3, 2), 0)


laws = st.builds(Law, st.integers(1, 6), st.integers(-6, 9))


@given(laws, st.integers(1, 6), st.integers(1, 6), st.integers(0, 3))
def test_through_a_read_the_composed_ends_obey_the_law(law, period, step, seed):
    """Taps of one period at random, then moved by the step, over an operand that has the law."""
    rng = np.random.default_rng(seed)
    phase_low = rng.integers(-5, 5, law.period)

    def low(i):
        turns, phase = divmod(i, law.period)
        return phase_low[phase] + turns * law.shift

    taps = rng.integers(-3, 4, (period, 2))

    def composed(u):
        turns, phase = divmod(u, period)
        return min(low(int(t) + turns * step) for t in taps[phase])

    found = through(law, period, step)
    for u in range(-7, 8):
        assert composed(u + found.period) == composed(u) + found.shift
    assert found.rate == law.rate * Fraction(step, period)


def test_what_has_no_law_has_none_behind_a_read():
    assert through(None, 2, 3) is None
    assert through(CONSTANT, 3, 2) == CONSTANT  # the same everywhere, however it is read
    assert through(Law(4, 0), 1, 2) == Law(2, 0)  # what comes round again, twice as fast


def test_a_union_repeats_when_all_do():
    assert combined([Law(2, 4), Law(3, 6)]) == (Law(6, 12), False)
    assert combined([Law(1, 2), Law(1, 2)]) == (Law(1, 2), False)
    assert combined([Law(1, 2), Law(2, 6)]) == (None, True)  # at 2 and at 3 pixels per index
    assert combined([Law(1, 2), None]) == (None, False)
    assert combined([Law(1, 2), CONSTANT]) == (None, True)


def test_a_law_holds_where_every_pair_obeys_it():
    steady, broken = line([0, 2, 4, 6]), line([0, 2, 4, 7])
    assert holds(Law(1, 2), steady, 0)
    assert not holds(Law(1, 2), broken, 0)
    assert holds(Law(2, 4), steady, 0)
    assert not holds(Law(2, 5), steady, 0)
    assert holds(Law(4, 99), broken, 0)  # no pair so far apart
    grid = line([[0, 1], [2, 4]])
    assert holds(Law(1, 2), grid[:, :, :1], 0)
    assert not holds(Law(1, 2), grid, 0)


def test_both_ends_are_held_to_it():
    high = np.stack([np.array([0, 2, 4]), -np.array([1, 3, 9])])
    assert not holds(Law(1, 2), high, 0)


@pytest.mark.parametrize(
    ("law", "lows", "expected"),
    [
        (None, [0, 1, 2], None),
        (Law(1, 2), [0, 1, 2], None),
        (Law(2, 4), [0, 2, 4, 6], Law(1, 2)),
        (Law(4, 8), [0, 1, 4, 5, 8], Law(2, 4)),
        (Law(3, 6), [0, 1, 2, 6], Law(3, 6)),
        (Law(6, 0), [0, 3, 6], Law(1, 3)),  # no further round: a steady motion
        (Law(6, 0), [0, 3, 7], Law(6, 0)),
        (Law(8, 16), [5, 5, 5], CONSTANT),  # what moves is a dimension outside this one
        (Law(2, 0), [0, 3, 0, 3], Law(2, 0)),
    ],
)
def test_the_smallest_period_that_is_obeyed(law, lows, expected):
    assert reduced(law, line(lows), 0) == expected
