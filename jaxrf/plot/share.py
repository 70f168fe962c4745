"""The effective field inside the theoretical one: small panels, each as large as its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Rectangle

from jaxrf.errors import InvalidInput
from jaxrf.plot import style

__all__ = ["ShareArtists", "field_share"]

MARGIN = 0.04  # of the field, around it
SIGMAS = 2.0


@dataclass(frozen=True)
class ShareArtists:
    """The artists of :func:`field_share`.

    Attributes:
        axes: the axes drawn into.
        image: the map; None for one axis.
        line: the curve; None for two axes.
        field: the theoretical field: a rectangle, or the span of one axis.
        contour: the 2-sigma ellipse, or the two lines at 2 sigma.
    """

    axes: Axes
    image: AxesImage | None
    line: Line2D | None
    field: Rectangle
    contour: Ellipse | tuple[Line2D, ...]


def field_share(
    energy: np.ndarray,
    *,
    crop: Sequence[Sequence[int]],
    field: Sequence[Sequence[int]],
    center: Sequence[float],
    sigma: Sequence[float],
    ax: Axes | None = None,
) -> ShareArtists:
    """Draw a map to the scale of its theoretical field.

    The view is the field with a small margin, whatever its size, so that panels side by side
    compare shares. Colours are those of :func:`jaxrf.plot.heat_map`; what is outside the image was
    not measured and stays hatched. A map of one axis is a curve on a logarithmic scale.

    Args:
        energy: [*bins], relative to its peak; bins divide ``crop`` evenly. One or two axes.
        crop: (low, high) per axis, inclusive, of the pixels that ``energy`` covers.
        field: the same of the theoretical field; may leave the image.
        center: where the contour stands, input pixels.
        sigma: standard deviation per axis, input pixels.
        ax: axes to draw into; by default those of a new single-column figure.

    Raises:
        InvalidInput: a map of more axes, or arguments of different ones.
    """
    rank = np.ndim(energy)
    if rank not in (1, 2) or any(len(a) != rank for a in (crop, field, center, sigma)):
        raise InvalidInput(
            f"field share: got a map of {rank} axes, crop {crop} and field {field}, need 1 or 2 "
            "axes and an entry per axis"
        )
    with style.context():
        ax = style.axes_or_new(ax)
        draw = _draw_curve if rank == 1 else _draw_map
        return draw(ax, np.asarray(energy, dtype=np.float64), crop, field, center, sigma)


def _edges(interval: Sequence[int]) -> tuple[float, float]:
    return interval[0] - 0.5, interval[1] + 0.5


def _view(interval: Sequence[int]) -> tuple[float, float]:
    low, high = _edges(interval)
    margin = MARGIN * (high - low)
    return low - margin, high + margin


def _draw_map(
    ax: Axes,
    energy: np.ndarray,
    crop: Sequence[Sequence[int]],
    field: Sequence[Sequence[int]],
    center: Sequence[float],
    sigma: Sequence[float],
) -> ShareArtists:
    (top, bottom), (left, right) = (_edges(i) for i in crop)
    ax.patch.set(facecolor="white", hatch="/////", edgecolor="0.8", linewidth=0)
    image = ax.imshow(
        np.maximum(energy, style.FLOOR),
        norm=style.energy_norm(),
        cmap=style.energy_colormap(),
        interpolation="none",
        extent=(left, right, bottom, top),
    )
    (low_y, high_y), (low_x, high_x) = (_edges(i) for i in field)
    box = Rectangle(
        (low_x, low_y), high_x - low_x, high_y - low_y, fill=False, edgecolor=style.BOX, linewidth=1
    )
    contour = Ellipse(
        (center[1], center[0]), 2 * SIGMAS * sigma[1], 2 * SIGMAS * sigma[0],
        fill=False, edgecolor=style.GAUSSIAN, linewidth=1.0,
    )  # fmt: skip
    contour.set_path_effects(style.outline())
    ax.add_patch(box)
    ax.add_patch(contour)
    ax.set(xlim=_view(field[1]), ylim=_view(field[0])[::-1], xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ShareArtists(ax, image, None, box, contour)


def _draw_curve(
    ax: Axes,
    energy: np.ndarray,
    crop: Sequence[Sequence[int]],
    field: Sequence[Sequence[int]],
    center: Sequence[float],
    sigma: Sequence[float],
) -> ShareArtists:
    low, high = _edges(crop[0])
    width = (high - low) / len(energy)
    places = low + width * (np.arange(len(energy)) + 0.5)
    (line,) = ax.semilogy(places, np.maximum(energy, style.FLOOR), color=style.MEASURED)
    first, last = _edges(field[0])
    box = ax.axvspan(first, last, fill=False, edgecolor=style.BOX, linewidth=1.0)
    contour = tuple(
        ax.axvline(center[0] + sign * SIGMAS * sigma[0], color=style.GAUSSIAN, linestyle="--")
        for sign in (-1, 1)
    )
    ax.set(xlim=_view(field[0]), ylim=(style.FLOOR, 2.0), xticks=[])
    ax.spines[["top", "right"]].set_visible(False)
    return ShareArtists(ax, None, line, box, contour)
