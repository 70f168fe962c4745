"""Branches that meet: a bar per output, its centre and what it reads."""

from jaxrf import plot


def test_branches_have_a_bar_an_output_and_count_what_is_read():
    drawn = plot.branches({"left": [(-2, 2), (0, 4)], "right": [(0, 4), (1, 5)]}, 7, title="toy")
    left = [(bar.get_x(), bar.get_width()) for bar in drawn.bars["left"]]
    assert left == [(-2.5, 5), (-0.5, 5)]
    assert list(drawn.centers["right"].get_xdata()) == [2.0, 3.0]
    assert [text.get_text() for text in drawn.sizes] == ["5 inputs\n2 padding", "6 inputs"]
    assert len(drawn.cells) == 9  # seven inputs, two of padding
    assert drawn.axes.get_title() == "toy"
