"""Tables of taps: the periodic law behind image resizing and gathers, counted by hand."""

import jax
import numpy as np
import pytest

from jaxrf.geometry.words import Taps
from jaxrf.theory.analyze import analyze


def resized(length, size, method, **options):
    """The field of a resized line."""
    return analyze(
        lambda x: jax.image.resize(x, (1, size, 1), method, **options), (1, length, 1)
    ).output


# Output u sits at input (u + 1/2) n / m - 1/2; linear reads the pixels less than 1 away (n / m away
# where it shrinks and smooths), nearest the one that it falls into.
@pytest.mark.parametrize(
    ("length", "size", "method", "period", "shift", "phases"),
    [
        (6, 12, "nearest", 2, 1, [(0, 0), (0, 0)]),
        (6, 12, "linear", 2, 1, [(-1, 0), (0, 1)]),
        (6, 9, "linear", 3, 2, [(-1, 0), (0, 1), (1, 2)]),
        (12, 6, "nearest", 1, 2, [(1, 1)]),
        (12, 6, "linear", 1, 2, [(-1, 2)]),
        (12, 4, "linear", 1, 3, [(-1, 3)]),
        (9, 6, "nearest", 2, 3, [(0, 0), (2, 2)]),
        (16, 32, "cubic", 2, 1, [(-2, 1), (-1, 2)]),
    ],
)
def test_resizing_repeats_with_the_ratio_of_the_lengths(
    length, size, method, period, shift, phases
):
    (axis,) = resized(length, size, method).axes
    assert (axis.period, axis.stride) == (period, pytest.approx(shift / period))
    assert [(phase.low, phase.high) for phase in axis.phases] == phases


def test_without_smoothing_only_two_are_read():
    (axis,) = resized(12, 4, "linear", antialias=False).axes  # at 1, 4, 7, 10: whole numbers
    assert [(phase.low, phase.high) for phase in axis.phases] == [(1, 1)]
    (axis,) = resized(12, 6, "linear", antialias=False).axes  # halfway between two
    assert [(phase.low, phase.high) for phase in axis.phases] == [(0, 1)]


def virtual(table, length):
    """(period, step, hull of every row) of the virtual taps, None where there is no law."""
    found = Taps(np.asarray(table)).virtual(length)
    if found is None:
        return None
    rows = zip(found.table.indices, found.table.valid, strict=True)
    hulls = [(row[some].min(), row[some].max()) for row, some in rows]
    return found.period, found.step, [(int(a), int(b)) for a, b in hulls]


def test_rows_at_the_border_are_continued_by_the_law_of_the_interior():
    clipped = [[-1, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, -1]]
    assert virtual(clipped, 5) == (1, 1, [(-1, 1), (0, 2), (1, 3), (2, 4), (3, 5)])


def test_steps_that_are_not_the_ratio_of_the_lengths_are_found():
    every_third = [[1], [4], [7], [10]]
    assert virtual(every_third, 14) == (1, 3, [(1, 1), (4, 4), (7, 7), (10, 10)])


@pytest.mark.parametrize(
    "table", [[[4], [1], [3], [1], [2]], [[0], [-1], [2]], [[3]], [[1], [2], [0], [4], [2]]]
)
def test_what_repeats_nowhere_has_no_law(table):
    assert virtual(table, 6) is None


@pytest.mark.parametrize(("inputs", "outputs"), [(19, 37), (37, 30), (53, 52), (100, 199)])
def test_a_rate_that_nearly_fits_is_no_law(inputs, outputs):
    """10 / 19 meets every row of nearest-neighbour resizing by 19 / 37: too few rows.

    No law is better than a wrong one.
    """
    rows = [[int((u + 0.5) * inputs / outputs)] for u in range(outputs)]
    found = virtual(rows, inputs)
    assert found is None or found[:2] == (outputs, inputs)


def test_what_comes_round_again_is_a_law_without_a_shift():
    assert virtual([[1], [2], [3], [1], [2], [3]], 6)[:2] == (3, 0)


def test_the_real_taps_stay_as_they_are():
    table = np.array([[0, -1], [0, 1], [1, 2]])
    real = Taps(table).index_table(3, 3)
    np.testing.assert_array_equal(real.valid, table >= 0)
    np.testing.assert_array_equal(real.indices[real.valid], table[table >= 0])
