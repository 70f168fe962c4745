"""A map to the scale of its theoretical field."""

import numpy as np
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.plot import field_share


def test_the_view_is_the_field_whatever_was_measured():
    energy = np.full((10, 10), 1e-9)
    energy[5, 5] = 1.0
    made = field_share(
        energy, crop=[(0, 39), (10, 29)], field=[(-30, 69), (-30, 69)], center=(20, 19),
        sigma=(3.0, 5.0),
    )  # fmt: skip
    assert made.axes.get_xlim() == pytest.approx((-34.5, 73.5))
    assert made.axes.get_ylim() == pytest.approx((73.5, -34.5))
    assert made.image.get_extent() == [9.5, 29.5, 39.5, -0.5]
    assert made.image.get_array().min() == 1e-6
    assert made.field.get_bbox().extents.tolist() == [-30.5, -30.5, 69.5, 69.5]
    assert (made.contour.width, made.contour.height) == (20.0, 12.0)
    assert made.contour.center == (19, 20)


def test_one_axis_is_a_curve():
    made = field_share(np.ones(5), crop=[(0, 9)], field=[(0, 19)], center=[7.0], sigma=[2.0])
    np.testing.assert_allclose(made.line.get_xdata(), [0.5, 2.5, 4.5, 6.5, 8.5])
    assert [line.get_xdata()[0] for line in made.contour] == [3.0, 11.0]
    assert made.axes.get_xlim() == pytest.approx((-1.3, 20.3))


def test_axes_must_match():
    with pytest.raises(InvalidInput, match="need 1 or 2 axes and an entry per axis"):
        field_share(np.ones((5, 5)), crop=[(0, 4)], field=[(0, 4)], center=[2], sigma=[1])
