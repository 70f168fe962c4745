"""Any result is drawn; a user's axes keep their title, their neighbours and their place.

Covers: plot.fields, plot.result_check.
"""

import itertools

import jax.numpy as jnp
import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.plot import draw, fields, figure_of, heat_map

matplotlib.use("Agg")
SHAPE = (1, 25, 25, 1)


def blur(x):
    y = (x[:, :-2] + 2 * x[:, 1:-1] + x[:, 2:]) / 4
    return (y[:, :, :-2] + y[:, :, 1:-1] + y[:, :, 2:]) / 3


def line(x):
    return x[:, 2:] + x[:, :-2]


def two(x):
    return jnp.concatenate([blur(x), 2 * blur(x)], -1)


def paths():
    graph = jaxrf.Graph()
    image = graph.input("image")
    return jaxrf.solve_paths(graph, graph.add("out", jaxrf.Layer(3), of=image))


MADE = {
    "analysis": lambda: jaxrf.analyze(blur, SHAPE),
    "fields": lambda: jaxrf.analyze(blur, SHAPE).fields,
    "sizes": lambda: jaxrf.analyze_sizes(line, (1, None, 1)),
    "several": lambda: {"a": jaxrf.analyze(blur, SHAPE), "b": jaxrf.analyze(two, SHAPE)},
    "models": lambda: jaxrf.side_by_side({"a": jaxrf.analyze(blur, SHAPE)}),
    "support": lambda: jaxrf.analyze(blur, SHAPE).support(None, (3, 3)),
    "support of a line": lambda: jaxrf.analyze(line, (1, 9, 1)).support(None, (3,)),
    "unread": lambda: jaxrf.analyze(lambda x: x[:, ::2], SHAPE).unread(),
    "measured support": lambda: jaxrf.measure_support(blur, SHAPE),
    "erf": lambda: jaxrf.measure_erf(blur, SHAPE, samples=3),
    "erf of a line": lambda: jaxrf.measure_erf(line, (1, 15, 1), samples=3),
    "prediction": lambda: jaxrf.predict_erf(blur, SHAPE),
    "channels": lambda: (
        jaxrf.measure_erf(two, SHAPE, samples=2, estimator=jaxrf.Estimator("exact")).channels
    ),
    "paths": paths,
}


@pytest.mark.parametrize("name", MADE)
def test_any_result_is_drawn(name):
    before = dict(matplotlib.rcParams)
    result = MADE[name]()
    figure = figure_of(draw(result))
    assert isinstance(figure, Figure)
    axes = figure.axes[0]
    assert axes.has_data()
    assert axes.get_xlabel()
    if hasattr(result, "plot"):
        assert isinstance(figure_of(result.plot()), Figure)
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    ("size", "layout"), [((10, 6), None), ((10, 6), "constrained"), ((6.4, 4.8), "constrained")]
)
@pytest.mark.parametrize("name", MADE)
def test_a_users_axes_do_not_collide(name, size, layout):
    """In a grid of axes with titles, what is drawn stays off the neighbours and the title."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(2, 3, figsize=size, layout=layout)
    try:
        for axes in grid.flat:
            axes.set_title("a title of mine")
        draw(MADE[name](), ax=grid[0, 1])
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()
        inner = [a.get_window_extent(renderer) for a in grid.flat if a is not grid[0, 1]]
        drawn = [a for a in figure.axes if a is grid[0, 1] or a not in list(grid.flat)]
        for axes, box in itertools.product(drawn, inner):
            extent = axes.get_tightbbox(renderer)
            assert not extent.overlaps(box), (axes, extent, box)
        mine = grid[0, 1]
        title = mine.title.get_window_extent(renderer)
        legend = mine.get_legend()
        assert mine.get_title() == "a title of mine"
        if legend is not None:
            assert not legend.get_window_extent(renderer).overlaps(title)
            assert legend.get_window_extent(renderer).width <= mine.get_window_extent().width + 1
    finally:
        plt.close(figure)


def test_what_fills_a_figure_takes_no_axes():
    found = jaxrf.compare(blur, SHAPE, samples=2)
    assert isinstance(draw(found), Figure)
    with pytest.raises(jaxrf.errors.InvalidInput, match="Comparison, which fills a figure"):
        draw(found, ax=Figure().add_subplot())


@pytest.mark.parametrize("other", [3, {}, np.ones((3, 3)), jaxrf.Interval(0, 3)])
def test_what_has_no_figure_is_refused_in_a_line(other):
    with pytest.raises(jaxrf.errors.InvalidInput, match=r"draw: got \w+, which has no figure"):
        draw(other)


def test_a_field_brings_its_centre_and_its_box():
    erf = jaxrf.measure_erf(blur, SHAPE, samples=3)
    made = heat_map(erf)
    assert tuple(made.center.get_xydata()[0]) == erf.center[::-1]
    assert made.box is not None
    assert made.contour is not None
    same = heat_map(erf.map, center=erf.center, box=erf.virtual)  # intervals are taken too
    assert np.array_equal(same.image.get_array(), made.image.get_array())
    with pytest.raises(jaxrf.errors.InvalidInput, match="without a center"):
        heat_map(erf.map)


def test_fields_of_several_models():
    nets = {"two": lambda x: x[:, 1:] + x[:, :-1], "three": line}
    made = fields({n: jaxrf.analyze(f, (1, 9, 1)) for n, f in nets.items()})
    assert [list(m.get_ydata()) for m in made.lines.values()] == [[2], [3]]
    assert made.axes.get_ylabel() == "receptive field r (input samples)"
    assert [t.get_text() for t in made.legend.get_texts()] == ["two", "three", "input: 9"]
    with pytest.raises(jaxrf.errors.InvalidInput, match="without a size r anywhere"):
        fields({"mean": jaxrf.analyze(lambda x: x.mean(1), (1, 9, 1))})


@pytest.mark.parametrize("name", ["erf", "section", "report", "everywhere", "fields"])
def test_a_result_of_another_kind_is_refused(name):
    analysis = jaxrf.analyze(lambda x: x[:, 1:], (1, 9, 1))
    for other in (analysis, jaxrf.predict_erf(lambda x: x[:, 1:], (1, 9, 1)), 3):
        with pytest.raises(InvalidInput, match=f"plot.{name}: got .*, need .*draw takes any"):
            getattr(jaxrf.plot, name)(other)
