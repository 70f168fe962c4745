"""Growth, accuracy and branches: artists and data, and names that hide nothing."""

import itertools

import numpy as np
import pytest
import scipy.stats
from matplotlib.backends.backend_agg import FigureCanvasAgg

from jaxrf import plot
from jaxrf.errors import InvalidInput
from jaxrf.plot import style
from jaxrf.plot.regression import fit_log
from jaxrf.plot.scatter import Bubble

X = (195, 212, 315, 483, 699, 1027, 1311, 1507, 2071, 3039)
Y = (57.2, 71.5, 70.9, 75.2, 73.9, 76.4, 78.0, 76.8, 80.2, 80.4)


def extents(figure, texts):
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [text.get_window_extent(renderer) for text in texts]


def apart(boxes):
    return not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_the_fit_is_that_of_scipy_and_its_band_that_of_the_textbook():
    fit, wanted = fit_log(X, Y), scipy.stats.linregress(np.log(X), Y)
    assert (fit.a, fit.b) == pytest.approx((wanted.intercept, wanted.slope))
    assert fit.a_stderr == pytest.approx(wanted.intercept_stderr)
    assert fit.b_stderr == pytest.approx(wanted.stderr)
    assert fit.r2 == pytest.approx(wanted.rvalue**2)
    # At ln x = 0 the line is a, so that its band is t times the standard error of a.
    t = scipy.stats.t.ppf(0.975, len(X) - 2)
    assert fit.half_width(np.array(1.0)) == pytest.approx(t * wanted.intercept_stderr)


def test_the_band_holds_the_true_line_as_often_as_it_says():
    random, held = np.random.default_rng(0), 0
    for _ in range(2000):
        fit = fit_log(X, 30 + 6 * np.log(X) + random.normal(0, 3, len(X)))
        held += abs(fit(np.array(500.0)) - 30 - 6 * np.log(500)) < fit.half_width(np.array(500.0))
    assert held / 2000 == pytest.approx(0.95, abs=0.015)  # 3 standard errors


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([0, 1, 2], X[:3])])
def test_too_little_to_fit_is_refused(x, y):
    with pytest.raises(InvalidInput, match="need three points"):
        fit_log(x, y)


def bubbles():
    names = ["even", "odd"]
    return [
        Bubble(f"network {n}", x, y, 1 + 3 * n, names[n % 2])
        for n, (x, y) in enumerate(zip(X, Y, strict=True))
    ]


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


def test_growth_has_a_line_a_network_and_a_colour_a_family():
    networks = {"a": ([1, 2], [3, 7]), "b": ([1, 2, 3], [3, 9, 31]), "c": ([1, 4], [5, 300])}
    drawn = plot.growth(networks, families={"c": "z", "a": "y", "b": "y"}, image=224)
    colors = {name: line.get_color() for name, line in drawn.lines.items()}
    assert colors == {"a": style.CATEGORIES[1], "b": style.CATEGORIES[1], "c": style.CATEGORIES[0]}
    assert drawn.lines["a"].get_linestyle() != drawn.lines["b"].get_linestyle()
    assert list(drawn.lines["b"].get_ydata()) == [3, 9, 31]
    assert [label.get_text() for label in drawn.labels] == ["a  7", "b  31", "c  300"]
    assert list(drawn.image.get_ydata()) == [224, 224]
    assert apart(extents(drawn.axes.figure, drawn.labels))
    assert plot.growth(networks).image is None


def test_branches_have_a_bar_an_output_and_count_what_is_read():
    drawn = plot.branches({"left": [(-2, 2), (0, 4)], "right": [(0, 4), (1, 5)]}, 7, title="toy")
    left = [(bar.get_x(), bar.get_width()) for bar in drawn.bars["left"]]
    assert left == [(-2.5, 5), (-0.5, 5)]
    assert list(drawn.centers["right"].get_xdata()) == [2.0, 3.0]
    assert [text.get_text() for text in drawn.sizes] == ["5 inputs\n2 padding", "6 inputs"]
    assert len(drawn.cells) == 9  # seven inputs, two of padding
    assert drawn.axes.get_title() == "toy"


@pytest.mark.parametrize("draw", ["growth", "scatter", "branches", "path"])
def test_figures_are_the_same_bytes_again_and_take_axes(draw, tmp_path):
    from jaxrf import Layer

    calls = {
        "growth": lambda ax: plot.growth({"a": ([1, 2], [3, 7])}, ax=ax),
        "scatter": lambda ax: plot.scatter(bubbles(), xlabel="x", ylabel="y", ax=ax),
        "branches": lambda ax: plot.branches({"a": [(0, 1)]}, 3, ax=ax),
        "path": lambda ax: plot.path(Layer(3).windows(1), 5, ax=ax),
    }
    for suffix in (".png", ".pdf"):
        written = []
        for _ in range(2):
            ax = style.new_figure(style.DOUBLE_COLUMN, 4.0).add_subplot()
            assert calls[draw](ax).axes is ax
            written.append(plot.save(ax.figure, tmp_path / f"x{suffix}").read_bytes())
        assert written[0] == written[1]
