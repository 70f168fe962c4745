"""The cross-section through the centre: artists and data."""

import matplotlib
import numpy as np
import pytest

from jaxrf import plot
from jaxrf.errors import InvalidInput

matplotlib.use("Agg")

CENTER = (30.0, 34.0)
BOX = ((14, 46), (16, 52))  # 33 x 37 pixels of 64 x 72


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_cross_section_is_the_line_through_the_centre(field, axis):
    energy, fit = field["energy"], field["fit"]
    drawn = plot.cross_section(
        energy, center=CENTER, fit=fit, stderr=field["stderr"], box=BOX, axis=axis
    )
    line, first, lo, hi = (energy[:, 34], 12, 14, 46) if axis == 0 else (energy[30], 14, 16, 52)
    position = (np.asarray(drawn.curve.get_xdata()) + CENTER[axis]).astype(int)
    shown = np.asarray(drawn.curve.get_ydata())
    assert position[0] == first
    assert np.nan_to_num(shown) == pytest.approx(line[position] / energy.max())
    assert np.isnan(shown[[0, -1]]).all()  # no energy: no line, rather than a small number
    assert drawn.axes.get_yscale() == "log"
    ends = [end.get_xdata()[0] + CENTER[axis] for end in drawn.box]
    assert ends == [lo - 0.5, hi + 0.5]
    x = np.asarray(drawn.gaussian.get_xdata())
    assert drawn.gaussian.get_ydata() == pytest.approx(fit.profile(x, axis) / energy.max())


def test_cross_section_shows_what_is_expected_with_the_total_that_was_measured(field):
    energy = field["energy"]
    drawn = plot.cross_section(energy, center=CENTER, predicted=3 * energy)
    np.testing.assert_allclose(drawn.predicted.get_ydata(), drawn.curve.get_ydata())
    assert "predicted" in [text.get_text() for text in drawn.legend.get_texts()]
    assert plot.cross_section(energy, center=CENTER).predicted is None


def test_cross_section_band_is_one_standard_error(field):
    drawn = plot.cross_section(field["energy"], center=CENTER, stderr=field["stderr"])
    vertices = drawn.band.get_paths()[0].vertices
    at_center = np.sort(vertices[np.isclose(vertices[:, 0], 0.0), 1])
    value, error = (field[key][30, 34] / field["energy"].max() for key in ("energy", "stderr"))
    assert at_center[[0, -1]] == pytest.approx([value - error, value + error])


def test_half_way_centre_averages_the_two_lines():
    energy = np.arange(1.0, 13.0).reshape(4, 3)
    drawn = plot.cross_section(energy, center=(1.5, 1.0))
    assert drawn.curve.get_ydata() == pytest.approx(energy[1:3].mean(axis=0) / 12.0)


def test_clipped_ends_of_the_cross_section_are_dashed(field):
    drawn = plot.cross_section(field["energy"], center=CENTER, box=((14, 46), (-9, 52)))
    assert [end.is_dashed() for end in drawn.box] == [True, False]
    assert drawn.box[0].get_xdata()[0] == -0.5 - 34.0


def test_cross_section_refuses_an_axis_and_a_map_that_it_cannot_draw(field):
    with pytest.raises(InvalidInput, match="got axis 2, needed -2 to 1"):
        plot.cross_section(field["energy"], center=CENTER, axis=2)
    with pytest.raises(InvalidInput, match="finite positive peak"):
        plot.cross_section(np.zeros((3, 3)), center=(1.0, 1.0))
