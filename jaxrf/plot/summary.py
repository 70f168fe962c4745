"""An effective receptive field on one double column: map, cross-section, table of numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.textpath import text_to_path

from jaxrf.plot import style
from jaxrf.plot.heatmap import MapArtists, heat_map
from jaxrf.plot.line import LineArtists
from jaxrf.plot.section import SectionArtists, cross_section

HEADER = 0.52  # inches: the title and the legend that both panels share
ROW_HEIGHT = 0.15  # inches
TABLE_FONT = 6.5  # points
GAP = 0.15  # inches, around the table and between its two columns


def summary(
    energy: np.ndarray,
    *,
    center: Sequence[float],
    rows: Sequence[tuple[str, str]],
    title: str,
    box: Sequence[Sequence[int]] | None = None,
    support: np.ndarray | None = None,
    fit: Any = None,
    stderr: np.ndarray | None = None,
    predicted: np.ndarray | None = None,
    axis: int = -1,
) -> Figure:
    """Draw the whole report of a map: the map, its cross-section and its numbers.

    Args:
        energy: float64 [*spatial], mean squared gradient per input pixel; 1 to 3 axes.
        center: theoretical centre, input pixels, 0-based, one coordinate per axis.
        rows: the table, (label, value) in words.
        title: over the whole figure: network, feature, recipe, number of samples.
        box: theoretical field, (lo, hi) per axis in input pixels, inclusive; may leave the image.
        support: bool [*spatial], the pixels that can influence the output.
        fit: a fitted Gaussian, see :func:`heat_map` and :func:`cross_section`.
        stderr: float64 [*spatial], standard error of ``energy``.
        predicted: float64 [*spatial], the expected map, for the cross-section.
        axis: the spatial axis of the cross-section.

    Returns:
        A double-column figure; its first three axes are the map, the cross-section and the table.

    Raises:
        InvalidInput: where map, centre and box do not fit each other.
    """
    width, height = style.DOUBLE_COLUMN, max(3.2, HEADER + ROW_HEIGHT * len(rows) + GAP)
    with style.context():
        table_width = _table_width(rows)
        panels = (0.0, 0.0, 1.0 - (table_width + 2 * GAP) / width, 1.0 - HEADER / height)
        figure = Figure(
            figsize=(width, height), layout=ConstrainedLayoutEngine(rect=panels, compress=True)
        )
        map_axes, section_axes = figure.subplots(1, 2)
        table_height = ROW_HEIGHT * len(rows)
        table_axes = figure.add_axes(
            (
                1.0 - (table_width + GAP) / width,
                1.0 - (HEADER + table_height) / height,
                table_width / width,
                table_height / height,
            )
        )
        figure.text(
            GAP / width, 1.0 - 0.08 / height, title, va="top", fontsize=8, fontweight="bold"
        )
        drawn = heat_map(
            energy,
            center=center,
            box=box,
            support=support,
            fit=fit,
            colorbar="bottom",
            ax=map_axes,
        )
        section = cross_section(
            energy,
            center=center,
            fit=fit,
            stderr=stderr,
            predicted=predicted,
            box=box,
            axis=axis,
            ax=section_axes,
        )
        _share_legend(figure, drawn, section)
        _table(table_axes, rows)
    return figure


def _share_legend(figure: Figure, drawn: MapArtists | LineArtists, section: SectionArtists) -> None:
    """One line of legend under the title instead of a legend over each panel."""
    entries: dict[str, Artist] = {
        str(a.get_label()): a
        for a in (section.curve, section.band, section.predicted)
        if a is not None
    }
    if drawn.legend is not None:
        labels = [text.get_text() for text in drawn.legend.get_texts()]
        named = zip(labels, drawn.legend.legend_handles, strict=True)
        entries |= {label: handle for label, handle in named if handle is not None}
        drawn.legend.remove()
    if section.legend is not None:
        section.legend.remove()
    width, height = figure.get_size_inches()
    figure.legend(
        entries.values(),
        entries.keys(),
        loc="upper left",
        bbox_to_anchor=(GAP / width, 1.0 - 0.25 / height),
        ncols=len(entries),
        columnspacing=1.2,
        borderaxespad=0.0,
        borderpad=0.0,
    )


def _table_width(rows: Sequence[tuple[str, str]]) -> float:
    """Inches that the widest label and the widest value need side by side."""
    font = FontProperties(family=style.SETTINGS["font.sans-serif"], size=TABLE_FONT)
    widths = [
        [text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] for text in row]
        for row in rows
    ]
    return float(np.max(widths, axis=0, initial=0.0).sum()) / 72 + GAP


def _table(ax: Axes, rows: Sequence[tuple[str, str]]) -> None:
    """Labels on the left, values on the right, a rule above, between and below."""
    ax.set(xlim=(0, 1), ylim=(max(len(rows), 1), 0))
    ax.set_axis_off()
    for index, (label, value) in enumerate(rows):
        ax.text(0.0, index + 0.5, label, ha="left", va="center", fontsize=TABLE_FONT)
        ax.text(1.0, index + 0.5, value, ha="right", va="center", fontsize=TABLE_FONT)
    ax.hlines(range(len(rows) + 1), 0, 1, colors="0.8", linewidths=0.4, clip_on=False)
