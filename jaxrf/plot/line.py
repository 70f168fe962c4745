"""The map of an effective receptive field over a 1-D input, such as audio: a line."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from jaxrf.plot import style
from jaxrf.plot.section import draw_ends, draw_profile
from jaxrf.plot.view import Span
from jaxrf.report.units import unit


@dataclass(frozen=True)
class LineArtists:
    """The artists of :func:`~jaxrf.plot.heatmap.heat_map` for a 1-D map.

    Attributes:
        axes: the axes drawn into.
        curve: the energy relative to its peak, against the position.
        center: line at the theoretical centre.
        outside: grey stretches outside the support.
        box: lines at the two ends of the theoretical field, dashed where the input clips them.
        gaussian: the fitted Gaussian.
        legend: names of the above, over the axes.
    """

    axes: Axes
    curve: Line2D
    center: Line2D
    outside: tuple[Rectangle, ...]
    box: tuple[Line2D, ...]
    gaussian: Line2D | None
    legend: Legend | None


def draw_line(
    energy: np.ndarray,
    center: float,
    view: Span,
    support: np.ndarray,
    fit: Any,
    legend: bool,
    ax: Axes | None,
) -> LineArtists:
    """Draw a 1-D map against the position; arguments as of :func:`~jaxrf.plot.heatmap.heat_map`."""
    new = ax is None
    ax = style.axes_or_new(ax, height=2.2)
    (curve,) = ax.plot(
        np.arange(energy.size),
        energy / energy.max(),
        label="measured",
        **style.measured_line(energy.size),
    )
    middle = ax.axvline(center, color=style.BOX, linewidth=0.6, linestyle=":")
    edges = np.flatnonzero(np.diff(support, prepend=True, append=True)).reshape(-1, 2) - 0.5
    outside = tuple(
        ax.axvspan(low, high, facecolor=style.OUTSIDE, linewidth=0, zorder=0) for low, high in edges
    )
    box = draw_ends(ax, view, 1)
    gaussian = None
    handles: list[Artist] = [curve, *box[:1]]
    if fit is not None:
        gaussian = draw_profile(ax, fit, 0, view, center, energy.max())
        handles.append(gaussian)
    if outside:
        handles.append(Patch(facecolor=style.OUTSIDE, label=style.OUTSIDE_LABEL))
    ax.set(
        xlim=view.limits,
        ylim=(0.0, 1.05),
        xlabel=f"position (input {unit(1)})",
        ylabel=style.RELATIVE_ENERGY,
    )
    style.whole_pixel_ticks(ax.xaxis)
    return LineArtists(
        axes=ax,
        curve=curve,
        center=middle,
        outside=outside,
        box=box,
        gaussian=gaussian,
        legend=style.finish(ax, handles if legend else [], new=new),
    )
