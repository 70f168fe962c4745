"""Circles over a logarithm: areas, colours and names."""

import numpy as np
import pytest

from jaxrf import plot
from jaxrf.plot.regression import fit_log
from tests.helpers.figures import X, Y, apart, bubbles, extents


def test_the_area_of_a_circle_is_what_it_stands_for():
    fit = fit_log(X, Y)
    drawn = plot.scatter(
        bubbles(),
        xlabel="x",
        ylabel="y",
        families=("odd", "even"),
        areas=(5, 20),
        fit=lambda x: (fit(x), fit.half_width(x)),
    )
    odd, even = drawn.circles
    assert odd.get_label() == "odd"
    assert len(odd.get_offsets()) == 5
    assert even.get_sizes() / even.get_sizes()[0] == pytest.approx([1, 7, 13, 19, 25])
    assert even.get_sizes()[0] == pytest.approx(odd.get_sizes()[0] / 4)
    x, y = drawn.curve.get_data()
    assert y == pytest.approx(fit(x))
    (edge,) = (path.vertices for path in drawn.band.get_paths())
    half = fit.half_width(x[0])
    at = np.unique(edge[np.isclose(edge[:, 0], x[0]), 1])
    assert at[[0, -1]] == pytest.approx([y[0] - half, y[0] + half])
    discs = [a for a in drawn.sizes if hasattr(a, "get_markersize")]
    areas = {a.get_markersize() ** 2 for a in discs}
    assert max(areas) == pytest.approx(20 * even.get_sizes()[0])


def test_names_of_circles_lie_apart_and_inside():
    drawn = plot.scatter(bubbles(), xlabel="x", ylabel="y")
    boxes = extents(drawn.axes.figure, drawn.labels)
    assert [label.get_text() for label in drawn.labels] == [b.name for b in bubbles()]
    assert apart(boxes)
    frame = drawn.axes.get_window_extent()
    assert all(frame.x0 <= b.x0 and b.x1 <= frame.x1 for b in boxes)
