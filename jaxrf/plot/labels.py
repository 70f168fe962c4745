"""Names beside the points of a figure, where they hide nothing."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from jaxrf.plot.text import verbatim

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
    avoid: np.ndarray | Sequence[tuple[float, float]] = (),
    colors: Sequence[str] | None = None,
    size: float = 6.0,
) -> list[Annotation]:
    """Name points without overlaps: each name takes the place where it covers least.

    The limits and the size of the axes must be final; the largest mark is named first.

    Args:
        ax: axes with the points.
        points: (x, y) in data coordinates.
        texts: one name per point.
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
    discs = _around(centers, np.asarray(radii) * scale)
    curves = _around(ax.transData.transform(np.reshape(avoid, (-1, 2))), scale / 2)
    frame = _extent(ax.get_window_extent(renderer))
    taken: list[np.ndarray] = []
    placed: dict[int, Annotation] = {}
    for index in sorted(range(len(texts)), key=lambda i: (-radii[i], i)):
        fixed = np.concatenate([np.delete(discs, index, axis=0), curves, *taken])
        best, least = None, np.inf
        for far in (1.0, 2.5, 5.0):
            for direction in _DIRECTIONS:
                label = _label(ax, points[index], texts[index], radii[index], direction, far, size)
                box = _extent(label.get_window_extent(renderer).padded(GAP / 2 * scale))
                cost = _overlap(box, fixed) + 2 * (_area(box) - _overlap(box, frame))
                cost += _area(box) * _nearer(box, discs, index) / 2
                if cost < least - 1e-6:
                    if best is not None:
                        best.remove()
                    best, least = label, cost
                else:
                    label.remove()
            if least < 1e-6:
                break
        assert best is not None  # the first place costs less than infinity
        if colors is not None:
            best.set_color(colors[index])
        taken.append(_extent(best.get_window_extent(renderer)))
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
        verbatim(text),
        point,
        (direction[0] * length, direction[1] * length),
        textcoords="offset points",
        ha=_ALIGN[direction[0]][0],
        va=_ALIGN[direction[1]][1],
        fontsize=size,
        zorder=5,
    )


def _around(centers: np.ndarray, radii: np.ndarray | float) -> np.ndarray:
    """Boxes [n, 4] (left, bottom, right, top) about centres [n, 2], pixels."""
    reach = np.broadcast_to(np.reshape(radii, (-1, 1)), centers.shape)
    return np.concatenate([centers - reach, centers + reach], axis=1)


def _extent(box: Bbox) -> np.ndarray:
    """One box [1, 4]."""
    return np.array([[box.x0, box.y0, box.x1, box.y1]])


def _area(box: np.ndarray) -> float:
    return float(np.prod(box[0, 2:] - box[0, :2]))


def _nearer(box: np.ndarray, marks: np.ndarray, own: int) -> bool:
    """Whether a name is about as near to another mark as to its own."""
    gaps = np.maximum(np.maximum(marks[:, :2] - box[:, 2:], box[:, :2] - marks[:, 2:]), 0)
    distances = np.hypot(*gaps.T)
    others = np.delete(distances, own)
    return bool(others.size and others.min() < 1.5 * distances[own] + 1)


def _overlap(box: np.ndarray, others: np.ndarray) -> float:
    """Area that a box shares with others, square pixels."""
    low, high = np.maximum(box[:, :2], others[:, :2]), np.minimum(box[:, 2:], others[:, 2:])
    return float(np.prod(np.maximum(high - low, 0), axis=1).sum())
