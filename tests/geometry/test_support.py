"""The set of inputs that an output can see: its box, holes and words."""

import numpy as np

from jaxrf.geometry.interval import Interval
from jaxrf.geometry.support import Support

CROSS = Support(np.array([[0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0]], bool), (1, 1), "out")
NOTHING = Support(np.zeros(5, bool), (2,), "out")


def test_box_and_holes():
    assert CROSS.box == (Interval(0, 2), Interval(0, 2))
    assert (CROSS.count, CROSS.holes) == ((3, 3), 4)
    assert (NOTHING.box, NOTHING.count, NOTHING.holes) == (None, (0,), 0)


def test_in_words():
    assert CROSS.sentence == "out at (1, 1): [0, 2] x [0, 2], 4 holes"
    assert NOTHING.sentence == "out at (2,): nothing"
