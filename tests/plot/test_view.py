"""What part of a map a figure shows, counted by hand."""

import numpy as np
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.geometry.interval import Interval
from jaxrf.plot.view import Span, map_of, span, spans, through_center


@pytest.mark.parametrize(
    ("length", "box", "expected"),
    [
        (10, None, Span(0, 9)),
        (100, (40, 60), Span(38, 62, (39.5, 60.5), (False, False), 21)),  # two pixels, at least
        (200, (50, 149), Span(44, 155, (49.5, 149.5), (False, False), 100)),  # 6 % of 100
        (20, (-5, 10), Span(0, 12, (-0.5, 10.5), (True, False), 16)),
        (20, (15, 30), Span(13, 19, (14.5, 19.5), (False, True), 16)),
        (20, (30, 40), Span(0, 19, (19.5, 19.5), (False, True), 11)),  # misses the image
        (20, (-9, -3), Span(0, 19, (-0.5, -0.5), (True, False), 7)),
    ],
)
def test_the_box_with_a_margin_inside_the_image(length, box, expected):
    assert span(length, box) == expected
    assert span(length, box).limits == (expected.first - 0.5, expected.last + 0.5)


def test_arguments_fit_each_other():
    energy = np.ones((4, 6))
    assert spans(energy, (1, 2), None, stderr=None) == [Span(0, 3), Span(0, 5)]
    for wrong, message in (
        (lambda: spans(energy, (1,), None), "one entry per axis"),
        (lambda: spans(np.ones((1,) * 4), (0,) * 4, None), "1 to 3 spatial axes"),
        (lambda: spans(energy, (1, 2), ((0, 1),)), "one entry per axis"),
        (lambda: spans(energy * np.nan, (1, 2), None), "finite positive peak"),
        (lambda: spans(energy * 0, (1, 2), None), "finite positive peak"),
        (lambda: spans(energy, (1, 2), None, fit=energy[:2]), r"got fit of shape \(2, 6\)"),
    ):
        with pytest.raises(InvalidInput, match=message):
            wrong()


def test_slices_through_the_centre():
    values = np.arange(24.0).reshape(4, 6)
    assert through_center(values, (1, 2), (1,)).tolist() == values[1].tolist()
    assert through_center(values, (1, 2), (0,)).tolist() == values[:, 2].tolist()
    assert through_center(values, (1.5, 2), (1,)).tolist() == values[1:3].mean(0).tolist()
    assert through_center(values, (9.0, 2), (1,)).tolist() == values[3].tolist()  # the border
    cube = np.arange(24.0).reshape(2, 3, 4)
    assert through_center(cube, (0.5, 1, 2), (1, 2)).tolist() == cube.mean(0).tolist()
    assert through_center(cube, (0.5, 1, 2), (2,)).tolist() == cube[:, 1].mean(0).tolist()


class Field:
    """As measured and predicted fields have it."""

    map, fit, center = np.ones(3), "fit", (1.0,)
    box, virtual = (Interval(0, 2),), (Interval(-1, 3),)


def test_a_field_brings_what_is_not_given():
    energy, center, box, fit = map_of(Field, None, None, None)
    assert (energy.tolist(), center, box, fit) == ([1, 1, 1], (1.0,), [(-1, 3)], "fit")
    assert map_of(Field, (2.0,), [(0, 1)], "mine")[1:] == ((2.0,), [(0, 1)], "mine")
    clipped = type("Clipped", (Field,), {"virtual": None})
    assert map_of(clipped, None, None, None)[2] == [(0, 2)]
    with pytest.raises(InvalidInput, match="got ndarray without a center"):
        map_of(np.ones(3), None, None, None)
