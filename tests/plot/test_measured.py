"""Figures of measured results: what of the result goes into them."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf import plot
from jaxrf.errors import InvalidInput

SHAPE = (1, 9, 11, 1)


def blur(x):
    return (x[:, :-2, 1:-1] + 2 * x[:, 1:-1, 1:-1] + x[:, 2:, 1:-1]) * jnp.float32(0.25)


@pytest.fixture(scope="module")
def measured():
    return jaxrf.measure_erf(blur, SHAPE, samples=3)


def test_a_map_has_the_centre_and_the_box_of_the_result(measured):
    made = plot.erf(measured)
    assert tuple(made.center.get_xydata()[0]) == measured.center[::-1]
    corners = np.concatenate(made.box.get_segments())
    (low, high), (left, right) = ((i.low, i.high) for i in measured.virtual)
    assert corners.min(0).tolist() == [left - 0.5, low - 0.5]
    assert corners.max(0).tolist() == [right + 0.5, high + 0.5]
    assert made.colorbar.ax.get_ylabel() == "mean squared gradient (relative to peak)"


def test_at_a_border_the_box_is_that_of_the_theory_padding_and_all():
    def padded(x):
        return blur(jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))))

    measured = jaxrf.measure_erf(padded, SHAPE, samples=2, at=(0, 5))
    assert (measured.box[0].low, measured.virtual[0].low) == (0, -1)
    assert "theory: 3 × 1 px" in [t.get_text() for t in plot.erf(measured).legend.get_texts()]


def test_pixels_outside_a_given_support_are_grey(measured):
    support = measured.map > 0
    support[4, 5] = True
    shown = plot.erf(measured, support=support).image.get_array()
    assert shown.mask.sum() == shown.size - (support & (measured.map > 0)).sum()


def test_another_quantity_is_named():
    quantity = jaxrf.Estimator(quantity="|g|")
    measured = jaxrf.measure_erf(blur, SHAPE, samples=3, estimator=quantity)
    name = measured.estimator.map_name
    assert name != "g^2"
    assert plot.erf(measured).colorbar.ax.get_ylabel() == f"{name} (relative to peak)"
    assert plot.section(measured).axes.get_ylabel() == f"{name} (relative to peak)"
    line = jaxrf.measure_erf(lambda x: x[:, 1:], (1, 9, 1), samples=2, estimator=quantity)
    assert plot.erf(line).axes.get_ylabel() == f"{name} (relative to peak)"


@pytest.mark.parametrize("axis", [0, 1])
def test_a_section_runs_through_the_centre_along_its_axis(measured, axis):
    made = plot.section(measured, axis=axis)
    middle = [int(c) for c in measured.center]
    line = measured.map[:, middle[1]] if axis == 0 else measured.map[middle[0]]
    at = (np.asarray(made.curve.get_xdata()) + measured.center[axis]).astype(int)
    np.testing.assert_allclose(np.nan_to_num(made.curve.get_ydata()), line[at] / line.max())
    ends = [end.get_xdata()[0] + measured.center[axis] for end in made.box]
    interval = measured.virtual[axis]
    assert ends == [interval.low - 0.5, interval.high + 0.5]
    assert made.band is not None


def test_a_report_has_the_numbers_of_the_comparison_and_says_what_was_sampled():
    found = jaxrf.compare(blur, SHAPE, samples=2)
    figure = plot.report(found)
    texts = [t.get_text() for axes in figure.axes for t in axes.texts]
    assert "theory: size r, px" in texts
    assert "3,1" in texts
    assert "predicted" in [t.get_text() for t in figure.legends[0].get_texts()]
    title = " ".join(t.get_text() for t in figure.texts)
    assert "input 9 x 11 px: 2 samples, random inputs" in title
    with pytest.raises(InvalidInput, match="no effective field, need one"):
        plot.report(jaxrf.compare(blur, SHAPE, samples=0))
