"""The figure of all positions: what its panels hold."""

import flax.linen as nn
import numpy as np

import jaxrf
from jaxrf import plot


class Up(nn.Module):
    """A transposed convolution."""

    rank: int

    @nn.compact
    def __call__(self, x):
        return nn.ConvTranspose(2, (3,) * self.rank, (2,) * self.rank)(x)


def test_two_axes_measured_above_predicted():
    found = jaxrf.measure_grid(Up(2), (1, 5, 6, 1), samples=2)
    drawn = plot.everywhere(found)
    images = [ax.images[0] for ax in drawn.axes if ax.images]
    assert len(images) == 8
    energy = images[1].get_array() if images[1].get_array().shape == (10, 12) else None
    assert energy is not None
    assert {image.get_array().shape for image in images} == {(10, 12), (5, 6)}
    titles = [ax.get_title() for ax in drawn.axes if ax.get_title()]
    assert titles[0] == "energy / interior"
    assert len(titles) == 4
    for column in range(4):  # the two rows share their colours
        assert images[column].get_clim() == images[column + 4].get_clim()


def test_one_axis_has_both_in_one_panel():
    found = jaxrf.measure_grid(Up(1), (1, 5, 1), samples=2)
    axes = plot.everywhere(found).axes
    assert [len(ax.lines) for ax in axes] == [2] * 4
    predicted = axes[0].lines[1].get_ydata()
    assert len(predicted) == 10
    assert np.ptp(predicted) > 0


def test_three_axes_show_a_slice_and_any_map_can_be_drawn():
    found = jaxrf.measure_grid(Up(3), (1, 2, 2, 2, 1), samples=1, predict=False)
    assert len([ax for ax in plot.everywhere(found).axes if ax.images]) == 4
    made = plot.position_map(np.arange(4.0), errors=np.ones(4))
    assert made.line is not None
    assert made.image is None
    assert len(made.axes.collections) == 1
    values = np.array([[0.0, np.nan], [-1.0, 2.0]])
    assert plot.position_map(values, signed=True).image.get_clim() == (-2.0, 2.0)
