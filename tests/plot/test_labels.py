"""Names beside points: every name near its own point, and on no other mark."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from jaxrf.plot.labels import place_labels
from tests.helpers.figures import apart, extents


@pytest.fixture
def axes():
    made = Figure(figsize=(4, 4)).add_subplot()
    made.set(xlim=(0, 10), ylim=(0, 10))
    return made


def test_a_name_stands_to_the_right_where_there_is_room(axes):
    (label,) = place_labels(axes, [(5, 5)], ["alone"], [3.0])
    assert (label.get_text(), label.xy) == ("alone", (5, 5))
    assert label.get_position() == (5.0, 0.0)  # the radius and a gap of two points
    assert (label.get_ha(), label.get_va()) == ("left", "center")


def test_at_the_right_border_it_stands_to_the_left(axes):
    (label,) = place_labels(axes, [(9.9, 5)], ["a long name"], [3.0])
    assert label.get_ha() == "right"
    assert label.get_position()[0] < 0


def test_names_avoid_each_other_the_marks_and_the_curves(axes):
    points = [(5, 5), (5.2, 5.1), (4.9, 5.2), (5.1, 4.8)]
    names = ["one", "two", "three", "four"]
    curve = np.column_stack([np.linspace(5.5, 9, 40), np.full(40, 5.0)])
    labels = place_labels(axes, points, names, [2.0] * 4, avoid=curve, colors=["r", "g", "b", "k"])
    assert [label.get_text() for label in labels] == names
    assert [label.get_color() for label in labels] == ["r", "g", "b", "k"]
    boxes = extents(axes.figure, labels)
    assert apart(boxes)
    centers = axes.transData.transform([*points, *curve])
    for box in boxes:
        assert not any(box.x0 < x < box.x1 and box.y0 < y < box.y1 for x, y in centers)
    assert len(axes.texts) == 4  # places that were tried are gone
