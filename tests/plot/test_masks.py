"""Sets of inputs: one number per set, grey outside, a legend of what is there."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from jaxrf.plot import style
from jaxrf.plot.masks import COLORS, masks

BOX = np.zeros((4, 5), bool)
BOX[1:3, 1:3] = True
ROW = np.zeros((4, 5), bool)
ROW[3] = True


def legend_of(made):
    patches = made.legend.get_patches()
    return {
        text.get_text(): to_hex(patch.get_facecolor())
        for text, patch in zip(made.legend.get_texts(), patches, strict=True)
    }


def test_every_set_has_its_number_and_its_colour():
    made = masks({"box": BOX, "row": ROW}, title="two sets")
    assert np.array_equal(made.image.get_array(), BOX + 2 * ROW)
    assert made.image.get_clim() == (-0.5, 2.5)
    assert legend_of(made) == {
        "outside": to_hex(style.OUTSIDE),
        "box": to_hex(COLORS[0]),
        "row": to_hex(COLORS[1]),
    }
    shown = made.image.cmap(made.image.norm(np.array([0, 1, 2])))
    assert [to_hex(c) for c in shown] == list(legend_of(made).values())
    assert made.axes.figure.get_suptitle() == "two sets"
    assert (made.axes.get_xlabel(), made.axes.get_ylabel()) == (
        "x (input pixels)",
        "y (input pixels)",
    )


def test_sets_without_members_are_not_in_the_legend():
    made = masks({"box": BOX, "none": np.zeros_like(BOX), "rest": ~BOX})
    assert list(legend_of(made)) == ["box", "rest"]


def test_one_axis_is_a_strip():
    made = masks({"some": np.array([True, False, True])})
    assert made.image.get_array().tolist() == [[1, 0, 1]]
    assert made.axes.get_aspect() == "auto"
    assert not made.axes.get_yticks().size
    assert made.axes.get_xlabel() == "position (input samples)"


def test_of_three_axes_the_first_is_united():
    cube = np.zeros((2, 4, 5), bool)
    cube[0, 1, 1] = cube[1, 2, 2] = True
    made = masks({"cube": cube})
    assert np.argwhere(made.image.get_array()).tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize("title", ["", "mine"])
def test_a_users_axes_keep_their_own_title(title):
    axes = Figure().add_subplot(title=title)
    made = masks({"box": BOX}, title="ours", ax=axes)
    assert made.axes is axes
    assert axes.get_title() == title
    assert axes.figure.get_suptitle() == ""
