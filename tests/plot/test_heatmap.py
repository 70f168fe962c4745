"""Figures are asserted on artists and data, never on baseline images.

Covers: plot.line.
"""

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import LogNorm, to_rgba
from matplotlib.figure import Figure

from jaxrf import plot
from jaxrf.errors import InvalidInput
from jaxrf.measure.gaussian import fit_gaussian
from jaxrf.plot import style

matplotlib.use("Agg")

CENTER = (30.0, 34.0)
BOX = ((14, 46), (16, 52))  # 33 x 37 pixels of 64 x 72


def draw(field, **changes):
    options = {"center": CENTER, "box": BOX, "support": field["support"], "fit": field["fit"]}
    return plot.heat_map(field["energy"], **(options | changes))


def test_map_shows_the_relative_energy_of_the_box_with_a_margin(field):
    drawn = draw(field)
    assert drawn.axes.get_xlim() == (13.5, 54.5)  # margin of two pixels
    assert drawn.axes.get_ylim() == (48.5, 11.5)
    assert drawn.image.get_extent() == [13.5, 54.5, 48.5, 11.5]
    shown = drawn.image.get_array()
    expected = field["energy"][12:49, 14:55] / field["energy"].max()
    inside = field["support"][12:49, 14:55]
    assert np.array_equal(shown.mask, ~inside)
    assert shown.data[inside] == pytest.approx(np.maximum(expected, 1e-6)[inside])
    assert shown.max() == 1.0


def test_map_has_a_logged_norm_viridis_and_grey_outside_the_support(field):
    drawn = draw(field)
    assert isinstance(drawn.image.norm, LogNorm)
    assert (drawn.image.norm.vmin, drawn.image.norm.vmax) == (1e-6, 1.0)
    assert drawn.image.get_cmap().name == "viridis"
    assert drawn.image.get_interpolation() == "none"
    assert tuple(drawn.image.get_cmap().get_bad()) == to_rgba(style.OUTSIDE)
    assert drawn.colorbar.ax.get_ylabel() == "mean squared gradient (relative to peak)"


def test_zero_inside_the_support_is_small_and_not_grey(field):
    energy = field["energy"].copy()
    energy[30, 40] = 0.0
    shown = plot.heat_map(
        energy, center=CENTER, box=BOX, support=field["support"]
    ).image.get_array()
    assert shown[30 - 12, 40 - 14] == 1e-6
    assert np.ma.is_masked(plot.heat_map(energy, center=CENTER, box=BOX).image.get_array()[18, 26])


def test_box_is_solid_inside_the_image(field):
    drawn = draw(field)
    corners = np.concatenate(drawn.box.get_segments())
    assert corners.min(axis=0).tolist() == [15.5, 13.5]
    assert corners.max(axis=0).tolist() == [52.5, 46.5]
    assert [dashes for _, dashes in drawn.box.get_linestyle()] == [None] * 4


def test_box_is_clipped_and_dashed_at_the_image_border(field):
    drawn = draw(field, box=((-20, 80), (16, 90)))
    corners = np.concatenate(drawn.box.get_segments())
    assert corners.min(axis=0).tolist() == [15.5, -0.5]
    assert corners.max(axis=0).tolist() == [71.5, 63.5]
    top, bottom, left, right = (dashes is not None for _, dashes in drawn.box.get_linestyle())
    assert (top, bottom, left, right) == (True, True, False, True)
    assert "theory: 101 × 75 px" in [text.get_text() for text in drawn.legend.get_texts()]


def test_contour_is_the_two_sigma_ellipse(field):
    covariance = np.array([[20.0, 12.0], [12.0, 30.0]])
    fit = type("Fit", (), {"covariance": covariance})()
    contour = draw(field, fit=fit).contour
    x, y = contour.get_patch_transform().transform(contour.get_path().vertices).T
    offsets = np.stack([y - CENTER[0], x - CENTER[1]])[:, ::3]  # the spline's own nodes
    mahalanobis = np.einsum("ip,ij,jp->p", offsets, np.linalg.inv(covariance), offsets)
    assert mahalanobis[:-1] == pytest.approx(np.full(mahalanobis.size - 1, 4.0), rel=1e-3)


def test_scale_bar_is_a_round_number_of_pixels_inside_the_box(field):
    drawn = draw(field)
    assert drawn.scalebar.txt_label.get_text() == "10 px"
    assert drawn.scalebar.size_bar.get_children()[0].get_width() == 10
    drawn.axes.figure.draw_without_rendering()
    extent = drawn.scalebar.get_window_extent().transformed(drawn.axes.transData.inverted())
    assert 15.5 <= extent.x0 < extent.x1 <= 52.5
    assert 13.5 <= min(extent.y0, extent.y1) < max(extent.y0, extent.y1) <= 46.5


def test_plain_map_needs_neither_box_nor_fit_nor_support():
    drawn = plot.heat_map(np.ones((5, 6)), center=(2.0, 2.5))
    assert drawn.box is None
    assert drawn.contour is None
    assert drawn.legend is None
    assert drawn.axes.get_xlim() == (-0.5, 5.5)


def test_box_beyond_the_image_shows_the_whole_axis(field):
    drawn = draw(field, center=(30.0, 200.0), box=((14, 46), (150, 250)))
    assert drawn.axes.get_xlim() == (-0.5, 71.5)
    corners = np.concatenate(drawn.box.get_segments())
    assert set(corners[:, 0]) == {71.5}
    drawn.axes.figure.draw_without_rendering()
    assert drawn.axes.bbox.contains(*drawn.scalebar.get_window_extent().max)


def test_maps_of_a_grid_share_one_colour_bar_and_no_legend(field):
    with style.context():
        figure = Figure(figsize=(style.DOUBLE_COLUMN, 2.2), layout="compressed")
        panels = figure.subplots(1, 3)
        drawn = [draw(field, ax=ax, colorbar=None, legend=False) for ax in panels]
        figure.colorbar(drawn[0].image, ax=panels)
    assert [(d.colorbar, d.legend) for d in drawn] == [(None, None)] * 3
    assert len(figure.axes) == 4
    assert len({(d.image.norm.vmin, d.image.norm.vmax) for d in drawn}) == 1


def test_three_dimensional_map_is_the_central_slice_of_the_last_two_axes():
    energy = np.random.default_rng(0).random((6, 7, 8)) + 0.1
    covariance = np.array([[4.0, 1.0, 0.5], [1.0, 5.0, 0.2], [0.5, 0.2, 6.0]])
    fit = type("Fit", (), {"covariance": covariance})()
    drawn = plot.heat_map(energy, center=(2.5, 3.0, 4.0), fit=fit)
    between = energy[2:4].mean(axis=0) / energy.max()
    assert drawn.image.get_array().data == pytest.approx(between)
    assert "central slice of the last two axes" in drawn.axes.get_xlabel()
    section = np.linalg.inv(np.linalg.inv(covariance)[1:, 1:])
    axes = np.square([drawn.contour.height / 4, drawn.contour.width / 4])
    assert axes == pytest.approx(np.linalg.eigvalsh(section))


def test_one_dimensional_map_is_a_line():
    offsets = np.arange(200) - 80.0
    energy = np.exp(-(offsets**2) / 200) * (abs(offsets) <= 40)
    fit = fit_gaussian(energy, (80.0,))
    drawn = plot.heat_map(energy, center=(80.0,), box=((40, 120),), fit=fit)
    assert drawn.curve.get_ydata() == pytest.approx(energy)
    assert [line.get_xdata()[0] for line in drawn.box] == [39.5, 120.5]
    assert [(p.get_x(), p.get_x() + p.get_width()) for p in drawn.outside] == [
        (-0.5, 39.5),
        (120.5, 199.5),
    ]
    assert drawn.gaussian.get_ydata().max() == pytest.approx(fit.amplitude, rel=1e-3)
    assert drawn.axes.get_xlim() == (34.5, 125.5)


def test_drawing_touches_no_global_state(field, tmp_path):
    before = matplotlib.rcParams.copy()
    ax = Figure().add_subplot()
    assert draw(field, ax=ax).axes is ax
    plot.cross_section(field["energy"], center=CENTER)
    plot.save(ax.figure, tmp_path / "map.png")
    assert matplotlib.rcParams == before
    assert draw(field).axes.figure.get_size_inches()[0] == 3.25


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"center": (1.0,)}, "one entry per axis"),
        ({"box": ((1, 2),)}, "one entry per axis"),
        ({"support": np.ones((3, 3), bool)}, "got support of shape"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(field, changes, message):
    with pytest.raises(InvalidInput, match=message):
        draw(field, **changes)
