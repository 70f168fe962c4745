"""Intervals, phases and fields: the conventions, counted by hand.

Covers: geometry.interval.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.geometry.field import AxisField, Field, per_axis
from jaxrf.geometry.interval import Interval

CLASSICAL = AxisField(1, 10, (Interval(-3, 3),), 2)
UPSAMPLED = AxisField(1, 10, (Interval(-8, 9), Interval(-8, 9)), 2)


def test_intervals_are_inclusive():
    assert (Interval(2, 2).size, Interval(2, 2).center) == (1, 2.0)
    assert (Interval(-3, 4).size, Interval(-3, 4).center) == (8, 0.5)


@pytest.mark.parametrize(
    ("low", "high", "clipped"),
    [
        (-3, 4, Interval(0, 4)),
        (-3, 12, Interval(0, 9)),
        (9, 20, Interval(9, 9)),
        (2, 3, Interval(2, 3)),
        (-5, -1, None),
        (10, 11, None),
    ],
)
def test_clipping_to_ten_pixels(low, high, clipped):
    assert Interval(low, high).clip(10) == clipped


def test_containment():
    assert Interval(1, 3) in Interval(1, 3)
    assert Interval(1, 3) in Interval(0, 9)
    assert Interval(1, 3) not in Interval(2, 9)
    assert Interval(1, 3) not in Interval(0, 2)


def test_a_classical_axis_moves_by_its_stride():
    assert (CLASSICAL.period, CLASSICAL.size, CLASSICAL.stride, CLASSICAL.padding) == (1, 7, 2, 3)
    assert [CLASSICAL.interval(u) for u in (-1, 0, 4)] == [
        Interval(-5, 1),
        Interval(-3, 3),
        Interval(5, 11),
    ]
    assert CLASSICAL.reach == ((-3.0, 3.0),)


def test_phases_repeat_with_their_period():
    assert (UPSAMPLED.period, UPSAMPLED.size, UPSAMPLED.stride) == (2, 18, Fraction(1))
    assert UPSAMPLED.reach == ((-8.0, 9.0), (-9.0, 8.0))
    listed = [UPSAMPLED.interval(u) for u in range(-2, 4)]
    assert [i.low for i in listed] == [-10, -10, -8, -8, -6, -6]
    assert {i.size for i in listed} == {18}


def test_the_size_is_that_of_the_largest_phase():
    axis = AxisField(1, 10, (Interval(0, 1), Interval(0, 3), Interval(1, 1)), 2)
    assert (axis.size, axis.stride, axis.padding) == (4, Fraction(2, 3), 0)


def test_an_irregular_axis_lists_every_output():
    axis = AxisField(1, 10, (Interval(-1, 3), Interval(0, 5), Interval(4, 6)), None)
    assert axis.size == 6  # interior outputs only: the first leaves the image
    assert (axis.stride, axis.reach, axis.period) == (None, (), 1)
    assert axis.interval(2) == Interval(4, 6)
    with pytest.raises(InvalidInput, match=r"index 3 on axis 1: .*irregular, need 0 to 2"):
        axis.interval(3)


def test_a_growing_axis_has_no_size():
    axis = AxisField(1, 10, (Interval(0, 0), Interval(1, 2)), None, growing=True)
    assert (axis.size, axis.padding) == (None, None)


def test_an_axis_without_local_paths():
    axis = AxisField(2, 10, (), None, global_via="reduce_sum (at net.py:3)")
    assert (axis.size, axis.stride, axis.padding, axis.is_global) == (None, None, None, True)
    with pytest.raises(InvalidInput, match=r"axis 2 has no local field: reduce_sum"):
        axis.interval(0)


def test_a_field_is_the_product_of_its_axes():
    wide = AxisField(2, 20, (Interval(-1, 3),), 1, aligned=False)
    field = Field("map", (1, 5, 20, 8), (CLASSICAL, wide))
    assert (field.size, field.stride, field.padding) == ((7, 5), (2, 1), (3, 1))
    assert not field.aligned
    assert not field.is_global
    assert field.box((1, 0)) == (Interval(-1, 5), Interval(-1, 3))
    assert field.box((1, 0), clip=True) == (Interval(0, 5), Interval(0, 3))
    assert field.center((1, 0)) == (2.0, 1.0)


def test_a_field_needs_one_index_an_axis_and_some_real_pixel():
    field = Field("map", None, (CLASSICAL,))
    with pytest.raises(InvalidInput, match=r"^at: got 2 indices \(1, 2\), need 1$"):
        field.box((1, 2))
    with pytest.raises(InvalidInput, match=r"field of \(7,\) lies in the padding"):
        field.box((7,), clip=True)
    assert field.box((7,)) == (Interval(11, 17),)


def test_without_a_length_nothing_is_clipped():
    field = Field("map", None, (AxisField(0, None, (Interval(-3, 3),), 2),))
    assert field.box((0,), clip=True) == (Interval(-3, 3),)


def test_per_axis():
    assert per_axis(3, 2, "kernel") == (3, 3)
    assert per_axis(np.int64(3), 2, "kernel") == (3, 3)
    assert per_axis([1, np.int32(2)], 2, "kernel") == (1, 2)
    with pytest.raises(InvalidInput, match=r"^kernel: got 3 values \(1, 2, 3\), need one or 2$"):
        per_axis((1, 2, 3), 2, "kernel")


def test_a_field_in_words():
    text = Field(
        "net/out", (1, 4, 4, 8), (CLASSICAL, replace(UPSAMPLED, global_via="mean"))
    ).sentence
    assert text.splitlines() == [
        "net/out (1, 4, 4, 8)",
        "  axis 1: size 7, stride 2, padding 3, looks 3 back and 2 ahead",
        "  axis 1: size 18, stride 1, padding 8, 2 phases, looks all back and all ahead, sees all "
        "by mean",
    ]
    irregular = AxisField(2, None, (Interval(0, 0), Interval(0, 3)), None, aligned=False)
    assert irregular.sentence == "axis 2: size 4, padding 0, irregular, not aligned"
