"""Fields over depth: a line per network, a colour per family."""

from jaxrf import plot
from jaxrf.plot import style
from tests.helpers.figures import apart, extents


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
