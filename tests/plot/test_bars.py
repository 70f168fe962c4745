"""Bars: one number for each of a row of things."""

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from jaxrf.plot import style
from jaxrf.plot.bars import bars


def test_a_bar_of_its_height_at_every_place():
    made = bars([0, 1, 3], np.array([2.0, 0.5, 4.0]), xlabel="branches", ylabel="share (1)")
    assert [bar.get_height() for bar in made.bars] == [2.0, 0.5, 4.0]
    assert [bar.get_x() + bar.get_width() / 2 for bar in made.bars] == [0, 1, 3]
    assert {bar.get_facecolor() for bar in made.bars} == {to_rgba(style.MEASURED)}
    assert (made.axes.get_xlabel(), made.axes.get_ylabel()) == ("branches", "share (1)")
    assert made.axes.get_legend() is None
    assert all(float(tick).is_integer() for tick in made.axes.get_xticks())


def test_axes_of_the_user_are_drawn_into():
    axes = Figure().add_subplot()
    assert bars([0], [1.0], xlabel="x", ylabel="y", ax=axes).axes is axes
