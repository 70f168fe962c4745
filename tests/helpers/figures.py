"""Where texts of a figure lie, and data to scatter."""

import itertools

from matplotlib.backends.backend_agg import FigureCanvasAgg

from jaxrf.plot.scatter import Bubble

__all__ = ["X", "Y", "apart", "bubbles", "extents"]

X = (195, 212, 315, 483, 699, 1027, 1311, 1507, 2071, 3039)
Y = (57.2, 71.5, 70.9, 75.2, 73.9, 76.4, 78.0, 76.8, 80.2, 80.4)


def extents(figure, texts):
    """The boxes of texts, in pixels."""
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [text.get_window_extent(renderer) for text in texts]


def apart(boxes):
    """Whether no two boxes overlap."""
    return not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def bubbles():
    """Ten networks of two families."""
    names = ["even", "odd"]
    return [
        Bubble(f"network {n}", x, y, 1 + 3 * n, names[n % 2])
        for n, (x, y) in enumerate(zip(X, Y, strict=True))
    ]
