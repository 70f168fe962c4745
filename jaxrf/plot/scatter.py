"""One quantity against the logarithm of another: circles with an area, and a fit with its band."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, NullFormatter
from matplotlib.transforms import ScaledTranslation

from jaxrf.plot import style
from jaxrf.plot.labels import place_labels
from jaxrf.plot.text import verbatim

__all__ = ["Bubble", "ScatterArtists", "scatter"]

LARGEST = 14.0  # radius of the largest circle, points
Fit = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]


@dataclass(frozen=True)
class Bubble:
    """One circle.

    Attributes:
        name: stands beside it.
        x: positive.
        y: of any unit.
        area: what the circle's area stands for, positive.
        family: circles of one family have one colour.
    """

    name: str
    x: float
    y: float
    area: float
    family: str


@dataclass(frozen=True)
class ScatterArtists:
    """The artists of :func:`scatter`.

    Attributes:
        axes: the axes drawn into.
        circles: one collection per family, in the order of their colours.
        labels: the names, in the order of the bubbles.
        curve: the fit.
        band: its confidence band.
        legend: colours, and the curve.
        sizes: the circles and texts that explain the areas.
    """

    axes: Axes
    circles: tuple[PathCollection, ...]
    labels: tuple[Annotation, ...]
    curve: Line2D | None
    band: PolyCollection | None
    legend: Legend
    sizes: tuple[Artist, ...]


def scatter(
    bubbles: Sequence[Bubble],
    *,
    xlabel: str,
    ylabel: str,
    families: Sequence[str] = (),
    area_label: str = "{:g}",
    areas: Sequence[float] = (),
    fit: Fit | None = None,
    fit_label: str = "fit",
    band_label: str = "band",
    ylim: tuple[float, float] | None = None,
    yscale: Literal["linear", "log"] = "linear",
    largest: float = LARGEST,
    ax: Axes | None = None,
) -> ScatterArtists:
    """Draw circles over a logarithmic x.

    Args:
        bubbles: the data.
        xlabel: with its unit.
        ylabel: with its unit.
        families: in the order of their colours; by default as they come.
        area_label: format of an area in the legend.
        areas: which areas the legend shows.
        fit: of x, the curve and the half-width of its band, None without one.
        fit_label: of the curve.
        band_label: of the band.
        ylim: of the y axis.
        yscale: of the y axis; logarithmic, it has numbers at 1, 2 and 5.
        largest: radius of the largest circle, points.
        ax: axes to draw into; by default those of a new double-column figure.

    Returns:
        The artists.
    """
    with style.context():
        if ax is None:
            ax = style.new_figure(style.DOUBLE_COLUMN, 4.0).add_subplot()
        low, high = min(b.x for b in bubbles), max(b.x for b in bubbles)
        limits = (low / 1.35, high * 1.35)
        curve, band = _fitted(ax, limits, fit, fit_label, band_label)
        radius = _Radius(max([*(b.area for b in bubbles), *areas]), largest)
        colors = _colors(bubbles, families)
        circles = [_circles(ax, bubbles, family, colors[family], radius) for family in colors]
        ax.set(xscale="log", yscale=yscale, xlim=limits, xlabel=xlabel, ylabel=ylabel)
        if ylim is not None:
            ax.set_ylim(*ylim)
        _plain_numbers(ax.xaxis)
        if yscale == "log":
            _plain_numbers(ax.yaxis)
        ax.grid(color="0.92", linewidth=0.4)
        ax.set_axisbelow(True)
        legend = _families(ax, colors, curve, band)
        sizes = _sizes(ax, areas, radius, area_label)
        labels = place_labels(
            ax,
            [(b.x, b.y) for b in bubbles],
            [b.name for b in bubbles],
            [radius(b.area) for b in bubbles],
            avoid=[] if curve is None else np.asarray(curve.get_xydata()),
        )
    return ScatterArtists(ax, tuple(circles), tuple(labels), curve, band, legend, sizes)


_TICKS = [step * 10**power for power in range(6) for step in (1, 2, 5)]


def _plain_numbers(axis: Axis) -> None:
    """1, 2 and 5 of every decade of a logarithmic axis, in full."""
    low, high = axis.get_view_interval()
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.set_ticks([t for t in _TICKS if low <= t <= high])
    axis.set_minor_formatter(NullFormatter())


@dataclass(frozen=True)
class _Radius:
    """Radius in points: the area of the disc is proportional to what it stands for."""

    most: float
    largest: float

    def __call__(self, area: float) -> float:
        return self.largest * float(np.sqrt(area / self.most))


def _fitted(
    ax: Axes, limits: tuple[float, float], fit: Fit | None, label: str, band_label: str
) -> tuple[Line2D | None, PolyCollection | None]:
    """The curve and its band; None for what there is not."""
    if fit is None:
        return None, None
    x = np.geomspace(*limits, 201)
    middle, half = fit(x)
    (curve,) = ax.plot(x, middle, color="0.25", label=label, zorder=2)
    if half is None:
        return curve, None
    band = ax.fill_between(
        x, middle - half, middle + half, color="0.9", linewidth=0, label=band_label
    )
    return curve, band


def _colors(bubbles: Sequence[Bubble], families: Sequence[str]) -> dict[str, str]:
    """Family -> its colour, for those that have a member; colours are given to all in order."""
    shown = {b.family for b in bubbles}
    order = dict.fromkeys([*families, *(b.family for b in bubbles)])
    paint = {f: style.CATEGORIES[n % len(style.CATEGORIES)] for n, f in enumerate(order)}
    return {f: c for f, c in paint.items() if f in shown}


def _circles(
    ax: Axes, bubbles: Sequence[Bubble], family: str, color: str, radius: _Radius
) -> PathCollection:
    """The circles of one family."""
    members = [b for b in bubbles if b.family == family]
    return ax.scatter(
        [b.x for b in members],
        [b.y for b in members],
        s=[(2 * radius(b.area)) ** 2 for b in members],
        color=color,
        alpha=0.75,
        linewidth=0.6,
        edgecolor="white",
        label=verbatim(family),
        zorder=3,
    )


def _families(
    ax: Axes, colors: Mapping[str, str], curve: Line2D | None, band: PolyCollection | None
) -> Legend:
    """The colours, and the curve with its band, over the axes."""
    marks = [
        Line2D([], [], marker="o", linestyle="", color=color, markersize=4, label=verbatim(family))
        for family, color in colors.items()
    ]
    lines = [line for line in (curve, band) if line is not None]
    return ax.figure.legend(
        handles=[*lines, *marks], loc="outside upper center", ncols=4, columnspacing=1.2
    )


def _sizes(ax: Axes, areas: Sequence[float], radius: _Radius, label: str) -> tuple[Artist, ...]:
    """Circles of given areas side by side in the lower right corner, each with its area below."""
    made: list[Artist] = []
    inches = ax.figure.dpi_scale_trans
    for place, area in enumerate(sorted(areas, reverse=True)):
        x = -(22 + 44 * place) / 72
        (disc,) = ax.plot(
            [1.0],
            [0.0],
            "o",
            color="0.75",
            markersize=2 * radius(area),
            markeredgewidth=0,
            transform=ax.transAxes + ScaledTranslation(x, (16 + radius.largest) / 72, inches),
            zorder=1,
        )
        below = ax.transAxes + ScaledTranslation(x, 6 / 72, inches)
        text = ax.text(1.0, 0.0, label.format(area), ha="center", fontsize=6, transform=below)
        made += [disc, text]
    return tuple(made)
