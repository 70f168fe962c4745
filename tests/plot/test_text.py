"""Names in figures: no mathematics, no second line."""

import io

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from jaxrf import Layer, compare, plot
from jaxrf.plot.scatter import Bubble
from jaxrf.plot.text import verbatim
from jaxrf.text.printable import printable

EVIL = "a\x1b[31m\n$\\no_formula^$"  # matplotlib refuses it as one


@pytest.mark.parametrize("name", ["$", "$$", "$x$", r"\$x$", EVIL, "$\\notacommand$ $"])
def test_a_name_is_no_mathematics(name):
    text = Figure().text(0.1, 0.5, verbatim(name))
    assert text._preprocess_math(text.get_text()) == (printable(name), False)


def of_a_model():
    model = lambda x: {EVIL: x[:, 1:] + x[:, :-1], "b": x * 2}  # noqa: E731
    return plot.report(compare(model, (1, 8, 1), endpoint=EVIL, samples=2, seed=0))


FIGURES = {
    "growth": lambda: plot.growth({EVIL: ([1, 2], [3, 5])}).axes.figure,
    "strips": lambda: plot.layer_strips({EVIL: [(1, 1), (3, 3)]}, size=32).axes.figure,
    "branches": lambda: plot.branches({EVIL: [(0, 1)]}, 3).axes.figure,
    "path": lambda: plot.path(Layer(3).windows(1), 5, names=[EVIL]).axes.figure,
    "scatter": lambda: (
        plot.scatter([Bubble(EVIL, 1, 1, 1, EVIL)], xlabel="x", ylabel="y").axes.figure
    ),
    "report": of_a_model,
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_of_names_can_be_drawn(name):
    figure = FIGURES[name]()
    figure.savefig(io.BytesIO())
    texts = [text.get_text() for text in figure.findobj(Text)]
    assert any(verbatim(EVIL) in text for text in texts)
    assert not any("\x1b" in text for text in texts)
