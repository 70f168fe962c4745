"""Bars: one number for each of a row of things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from jaxrf.plot import style

__all__ = ["BarArtists", "bars"]


@dataclass(frozen=True)
class BarArtists:
    """The artists of :func:`bars`.

    Attributes:
        axes: the axes drawn into.
        bars: one per thing.
    """

    axes: Axes
    bars: BarContainer


def bars(
    places: Sequence[int],
    values: Sequence[float] | np.ndarray,
    *,
    xlabel: str,
    ylabel: str,
    ax: Axes | None = None,
) -> BarArtists:
    """Draw a bar at each place.

    Args:
        places: along the abscissa.
        values: heights.
        xlabel: of the abscissa.
        ylabel: of the ordinate, with its unit.
        ax: axes to draw into; by default those of a new single-column figure.
    """
    with style.context():
        new = ax is None
        ax = style.axes_or_new(ax)
        drawn = ax.bar(list(places), list(values), color=style.MEASURED, width=0.8)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        style.whole_pixel_ticks(ax.xaxis)
        style.finish(ax, [], new=new)
    return BarArtists(ax, drawn)
