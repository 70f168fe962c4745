"""Files of figures: the same bytes again, in the user's axes or in new ones."""

import pytest
from matplotlib.figure import Figure

from jaxrf import plot
from jaxrf.errors import InvalidInput
from jaxrf.plot import style
from tests.helpers.figures import bubbles


def test_save_refuses_other_formats(tmp_path):
    with pytest.raises(InvalidInput, match=r"'map.jpg', needed the suffix .png, .pdf or .svg"):
        plot.save(Figure(), tmp_path / "map.jpg")


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
