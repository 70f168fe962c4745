"""Layers as cells: colours by the share of the input, marks and counts."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from jaxrf.errors import InvalidInput
from jaxrf.plot import layer_strips, strips

LAYERS = [(1, 1), (16, 16), (32, 32), (33, 20), (40, 33)]


def test_cells_marks_and_counts():
    made = layer_strips({"net": LAYERS, "small": [(1, 1), (3, 3)]}, size=32)
    cells = made.strips[0].get_array().reshape(-1, 4)
    expected = made.colors.to_rgba(np.array([1 / 32, 1 / 2, 1.0]))
    np.testing.assert_allclose(cells[:3], expected)
    np.testing.assert_allclose(cells[3:], [to_rgba(strips.EXCEEDS), to_rgba(strips.UNPRODUCTIVE)])
    assert made.borders[0].get_xdata()[0] == pytest.approx(3 / 5)
    assert made.borders[1] is None
    assert [text.get_text() for text in made.counts] == ["1 / 2 / 5", "0 / 0 / 2"]
    assert [t.get_text() for t in made.axes.get_yticklabels()] == ["net", "small"]


def test_nothing_to_draw_is_told():
    for networks in ({}, {"net": []}):
        with pytest.raises(InvalidInput, match="got no layers"):
            layer_strips(networks, size=32)
