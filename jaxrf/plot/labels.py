"""Names beside the points of a figure, where they hide nothing."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

__all__ = ["place_labels"]

GAP = 2.0  # points between a mark and its name
# Where a name may stand: direction from the mark, in the order of preference.
_DIRECTIONS = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))
_ALIGN = {-1: ("right", "top"), 0: ("center", "center"), 1: ("left", "bottom")}


def place_labels(
    ax: Axes,
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    radii: Sequence[float],
    *,
    avoid: Sequence[tuple[float, float]] = (),
    colors: Sequence[str] | None = None,
    size: float = 6.0,
) -> list[Annotation]:
    """Name points without overlaps: each name takes the place where it covers least.

    The limits and the size of the axes must be final; the largest mark is named first.

    Args:
        ax: axes with the points.
        points: (x, y) in data coordinates.
        texts: one name a point.
        radii: of the marks, in points of 1/72 inch.
        avoid: points of curves to keep free, data coordinates.
        colors: of the names; black by default.
        size: of the letters, points.

    Returns:
        The annotations, in the order of the points.
    """
    figure = ax.figure.figure
    figure.draw_without_rendering()  # the layout decides where the data lie
    renderer = FigureCanvasAgg(figure).get_renderer()
    scale = figure.dpi / 72
    centers = ax.transData.transform(np.asarray(points, dtype=float))
    discs = [_around(c, r * scale) for c, r in zip(centers, radii, strict=True)]
    curves = [_around(c, scale) for c in ax.transData.transform(np.reshape(avoid, (-1, 2)))]
    frame, taken = ax.get_window_extent(renderer), list[Bbox]()
    placed: dict[int, Annotation] = {}
    for index in sorted(range(len(texts)), key=lambda i: (-radii[i], i)):
        others = [d for i, d in enumerate(discs) if i != index] + curves + taken
        best, least = None, np.inf
        for far in (1.0, 2.5, 5.0):
            for direction in _DIRECTIONS:
                label = _label(ax, points[index], texts[index], radii[index], direction, far, size)
                box = label.get_window_extent(renderer).padded(GAP / 2 * scale)
                cost = sum(_overlap(box, o) for o in others) + 2 * _outside(box, frame)
                if cost < least - 1e-9:
                    if best is not None:
                        best.remove()
                    best, least = label, cost
                else:
                    label.remove()
            if least == 0:
                break
        assert best is not None  # the first place costs less than infinity
        if colors is not None:
            best.set_color(colors[index])
        taken.append(best.get_window_extent(renderer))
        placed[index] = best
    return [placed[i] for i in range(len(texts))]


def _label(
    ax: Axes,
    point: tuple[float, float],
    text: str,
    radius: float,
    direction: tuple[int, int],
    far: float,
    size: float,
) -> Annotation:
    """A name in one direction, ``far`` gaps away from the rim of the mark."""
    length = (radius + far * GAP) / float(np.hypot(*direction))
    return ax.annotate(
        text,
        point,
        (direction[0] * length, direction[1] * length),
        textcoords="offset points",
        ha=_ALIGN[direction[0]][0],
        va=_ALIGN[direction[1]][1],
        fontsize=size,
        zorder=5,
    )


def _around(center: np.ndarray, radius: float) -> Bbox:
    return Bbox([center - radius, center + radius])


def _overlap(a: Bbox, b: Bbox) -> float:
    """Area that two boxes share, pixels."""
    both = Bbox.intersection(a, b)
    return 0.0 if both is None else float(both.width * both.height)


def _outside(box: Bbox, frame: Bbox) -> float:
    """Area of a box outside the frame, pixels."""
    return float(box.width * box.height) - _overlap(box, frame)
