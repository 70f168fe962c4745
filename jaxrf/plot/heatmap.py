"""The map of an effective receptive field: a heat map, or a line for a 1-D input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colorbar import Colorbar
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Patch
from matplotlib.transforms import Bbox
from mpl_toolkits.axes_grid1.anchored_artists import AnchoredSizeBar

from jaxrf.plot import style
from jaxrf.plot.line import LineArtists, draw_line
from jaxrf.plot.view import Span, map_of, spans, through_center

if TYPE_CHECKING:
    from jaxrf.measure.effective_field import EffectiveField

CONTOUR_SIGMAS = 2.0
BAR = 0.75  # inches that a colour bar needs with its numbers and its label
LABEL = 2.0  # inches that the label of the energy takes along a bar
PAD = 0.04  # of the axes, between map and bar
GAUSSIAN_LABEL = f"Gaussian fit (contour: {CONTOUR_SIGMAS:g}σ)"


@dataclass(frozen=True)
class MapArtists:
    """The artists of :func:`heat_map` for a map of two or three axes.

    Attributes:
        axes: the axes drawn into.
        image: the energy relative to its peak, masked outside the support.
        colorbar: its colour bar.
        center: cross at the theoretical centre.
        scalebar: a bar of a round number of input pixels.
        box: the four edges of the theoretical box, dashed where the image clips them.
        contour: the fitted Gaussian's 2-sigma ellipse.
        legend: names of the above, over the axes.
    """

    axes: Axes
    image: AxesImage
    colorbar: Colorbar | None
    center: Line2D
    scalebar: AnchoredSizeBar
    box: LineCollection | None
    contour: Ellipse | None
    legend: Legend | None


def heat_map(
    energy: np.ndarray | EffectiveField,
    *,
    center: Sequence[float] | None = None,
    box: Sequence[Any] | None = None,
    support: np.ndarray | None = None,
    fit: Any = None,
    colorbar: Literal["right", "bottom"] | None = "right",
    legend: bool = True,
    ax: Axes | None = None,
) -> MapArtists | LineArtists:
    """Draw the map of an effective receptive field.

    The colours are viridis on a logarithmic norm, 1e-6 of the peak to the peak; smaller values
    inside the support take the lowest colour, and pixels outside the support are grey. The view
    is the theoretical box with a margin where that is smaller than the image. Of a 3-D map it is
    the central slice of the last two axes (the mean of two slices where the centre is half-way);
    a 1-D map is a line.

    Args:
        energy: float64 [*spatial], mean squared gradient per input pixel; 1 to 3 axes. Or a field
            of jaxrf (``ERF``, ``Prediction``), which has centre, box and fit of its own.
        center: theoretical centre, input pixels, 0-based, one coordinate per axis; of a map.
        box: theoretical field, (lo, hi) or an ``Interval`` per axis in input pixels, inclusive; may
            leave the image.
        support: bool [*spatial], the pixels that can influence the output; by default those with
            energy.
        fit: a fitted Gaussian with ``covariance`` [n, n] in input pixels squared, such as
            ``jaxrf.measure.gaussian.GaussianFit``; its ``profile`` is drawn over a 1-D map.
        colorbar: where the colour bar goes: beside new axes; of a user's axes it takes a part, as
            it does at the bottom of any. All maps share one norm, so a grid of maps passes None and
            draws a single bar.
        legend: whether to name the lines, over new axes or inside a user's.
        ax: axes to draw into; by default those of a new single-column figure.

    Returns:
        The artists; their ``axes.figure`` is what :func:`.style.save` writes.

    Raises:
        InvalidInput: where map, centre, box and support do not fit each other.
    """
    energy, center, box, fit = map_of(energy, center, box, fit)
    view = spans(energy, center, box, support=support)
    support = energy > 0 if support is None else np.asarray(support, dtype=bool)
    with style.context():
        if energy.ndim == 1:
            return draw_line(energy, center[0], view[0], support, fit, legend, ax)
        return _draw_map(energy, center, view, support, fit, colorbar, legend, ax)


def _draw_map(
    energy: np.ndarray,
    center: Sequence[float],
    view: Sequence[Span],
    support: np.ndarray,
    fit: Any,
    colorbar: str | None,
    legend: bool,
    ax: Axes | None,
) -> MapArtists:
    new = ax is None
    ax = style.axes_or_new(ax, height=2.85)
    plane = (energy.ndim - 2, energy.ndim - 1)
    rows, columns = (view[axis] for axis in plane)
    y, x = (center[axis] for axis in plane)
    window = np.s_[rows.first : rows.last + 1, columns.first : columns.last + 1]
    shown = through_center(energy / energy.max(), center, plane)[window]
    reached = through_center(support, center, plane)[window] > 0
    image = ax.imshow(
        np.ma.array(np.maximum(shown, style.FLOOR), mask=~reached),
        norm=style.energy_norm(),
        cmap=style.energy_colormap(),
        interpolation="none",
        origin="upper",
        extent=(*columns.limits, *rows.limits[::-1]),
    )
    (cross,) = ax.plot([x], [y], "+", color=style.BOX, markersize=4, markeredgewidth=0.7)
    edges = _box_edges(rows, columns)
    contour = _contour(fit.covariance, (x, y)) if fit is not None else None
    handles: list[Artist] = []
    if edges is not None:
        ax.add_collection(edges, autolim=False)
        label = f"theory: {rows.size} × {columns.size} px"
        handles.append(Line2D([], [], color=style.BOX, label=label))
    if contour is not None:
        ax.add_patch(contour)
        handles.append(Line2D([], [], color=style.GAUSSIAN, label=GAUSSIAN_LABEL))
    if not reached.all():
        handles.append(Patch(facecolor=style.OUTSIDE, label=style.OUTSIDE_LABEL))
    slice_note = "\ncentral slice of the last two axes" if energy.ndim == 3 else ""
    ax.set(
        xlim=columns.limits,
        ylim=rows.limits[::-1],
        xlabel=f"x (input pixels){slice_note}",
        ylabel="y (input pixels)",
    )
    style.whole_pixel_ticks(ax.xaxis, ax.yaxis)
    return MapArtists(
        axes=ax,
        image=image,
        colorbar=_colorbar(ax, image, colorbar, new=new),
        center=cross,
        scalebar=_scalebar(ax, rows, columns),
        box=edges,
        contour=contour,
        legend=style.finish(ax, handles if legend else [], new=new),
    )


def _box_edges(rows: Span, columns: Span) -> LineCollection | None:
    """The box's four edges, dashed where the image cuts them off."""
    if rows.ends is None or columns.ends is None:
        return None
    (top, bottom), (left, right) = rows.ends, columns.ends
    segments = [
        [(left, top), (right, top)],
        [(left, bottom), (right, bottom)],
        [(left, top), (left, bottom)],
        [(right, top), (right, bottom)],
    ]
    dashed = (*rows.clipped, *columns.clipped)
    return LineCollection(
        segments,
        colors=style.BOX,
        linewidths=1.0,
        linestyles=[style.CLIPPED if clipped else "-" for clipped in dashed],
        clip_on=False,  # a clipped edge lies on the frame of the axes
        zorder=3,
    )


def _contour(covariance: np.ndarray, middle: tuple[float, float]) -> Ellipse:
    """The 2-sigma ellipse of the Gaussian's section with the plane of the last two axes."""
    section = np.linalg.inv(np.linalg.inv(covariance)[-2:, -2:])
    variances, directions = np.linalg.eigh(section)
    minor, major = 2 * CONTOUR_SIGMAS * np.sqrt(variances)
    angle = np.degrees(np.arctan2(directions[0, 1], directions[1, 1]))
    contour = Ellipse(
        middle, major, minor, angle=angle, fill=False, edgecolor=style.GAUSSIAN, linewidth=1.0
    )
    contour.set_path_effects(style.outline())
    return contour


def _colorbar(ax: Axes, image: AxesImage, location: str | None, *, new: bool) -> Colorbar | None:
    """The colour bar of the energy: on the right, at the bottom, or none.

    On the right of new axes it is an inset of their height; of a user's axes it takes as much as
    the bar and its words need, and leaves what is beside them alone.
    """
    if location is None:
        return None
    label = style.RELATIVE_ENERGY
    if location == "right" and not new:
        width, height = ax.get_position(original=True).size * ax.figure.figure.get_size_inches()
        fraction = min(0.5, BAR / width)
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        tall = width * (1 - fraction - PAD) * abs((top - bottom) / (right - left))
        shrink = float(min(1.0, tall / height))  # as high as the map, whose pixels are square
        place: dict[str, Any] = {"ax": ax, "fraction": fraction, "pad": PAD}
        place |= {"shrink": shrink, "aspect": 20 * shrink}
        label = label if shrink * height > LABEL else "relative to peak"
    elif location == "right":
        place = {"cax": ax.inset_axes((1.03, 0.0, 0.045, 1.0))}
    else:
        place = {"ax": ax, "location": "bottom", "aspect": 28, "pad": 0.02}
    return ax.figure.colorbar(image, extend="min", label=label, **place)


def _scalebar(ax: Axes, rows: Span, columns: Span) -> AnchoredSizeBar:
    """A bar of 1, 2 or 5 times a power of ten pixels, at most a quarter of the view.

    It stands in the lower left corner of the box, or of the view where there is no room.
    """
    width = columns.last - columns.first + 1
    power = 10.0 ** np.floor(np.log10(max(width / 4, 1.0)))
    length = int(power * max(step for step in (1, 2, 5) if step * power <= max(width / 4, 1.0)))
    (top, bottom), (left, right) = rows.ends or rows.limits, columns.ends or columns.limits
    if right - left < 1.5 * length:  # no room beside the corner of the box
        (top, bottom), (left, right) = rows.limits, columns.limits
    bar = AnchoredSizeBar(
        ax.transData,
        length,
        f"{length} px",
        "lower left",
        pad=0.5,
        sep=2,
        frameon=False,
        color="white",
        size_vertical=0.012 * width,
        label_top=True,
        bbox_to_anchor=Bbox.from_extents(left, top, right, bottom),
        bbox_transform=ax.transData,
    )
    bar.txt_label.get_children()[0].set_path_effects(style.outline())
    bar.size_bar.get_children()[0].set(edgecolor="black", linewidth=0.4)
    return ax.add_artist(bar)
