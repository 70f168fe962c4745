"""The single path as cells: artists and data."""

import pytest

from jaxrf import Layer, Sequential, plot
from jaxrf.errors import InvalidInput
from jaxrf.plot.path import READ

# The article's two layers: r0 = 6, u0 = -1, v0 = 4.
ARTICLE = Sequential([Layer(3, 3, 1), Layer(2)]).windows(0)


def test_the_region_of_an_output_is_filled_and_its_padding_is_not():
    drawn = plot.path(ARTICLE, 9, at=0)
    assert [sorted(cells) for cells in drawn.cells] == [list(range(-1, 10)), [0, 1, 2], [0, 1]]
    full = [{i for i, c in row.items() if _read(c)} for row in drawn.cells]
    assert full == [{0, 1, 2, 3, 4}, {0, 1}, {0}]
    assert drawn.cells[0][-1].get_linestyle() != "-"
    assert drawn.span.get_text() == "$r_0$ = 6 pixels, $u_0$ = -1 to $v_0$ = 4"
    assert "$r$=6  $S$=3  $P$=1" in drawn.labels[0].get_text()


def _read(cell):
    from matplotlib.colors import to_rgba

    return cell.get_facecolor() == to_rgba(READ)


def test_a_feature_stands_over_the_centre_of_its_field():
    drawn = plot.path(ARTICLE, 9, at=1)
    middle = [cell.get_x() + cell.get_width() / 2 for cell in drawn.cells[1].values()]
    assert middle == pytest.approx([0, 3, 6])  # eq (11): -P + u S + (r - 1) / 2
    low, high = drawn.cones[-1].get_xy()[:, 0].min(), drawn.cones[-1].get_xy()[:, 0].max()
    assert (round(low), round(high)) == (3, 6)


def test_padding_of_a_later_layer_is_drawn_where_the_output_reads_it():
    windows = Sequential([Layer(3, 2, 1), Layer(3, 1, 1)]).windows(0)
    drawn = plot.path(windows, 9, at=0)
    assert min(drawn.cells[0]) == -3  # P = 1 + 2: no layer pads by three
    assert min(plot.path(windows, 9, at=2).cells[0]) == -1


@pytest.mark.parametrize("at", [-1, 2])
def test_an_output_that_is_not_there_is_refused(at):
    with pytest.raises(InvalidInput, match="need an output from 0 to 1"):
        plot.path(ARTICLE, 9, at=at)
