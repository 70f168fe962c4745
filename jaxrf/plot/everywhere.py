"""The field at every output position: energy, sigma and shift, measured and predicted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from jaxrf.plot import style
from jaxrf.plot.result_check import check_result

if TYPE_CHECKING:
    from jaxrf.measure.field_grid.result import FieldGrid

__all__ = ["PositionArtists", "everywhere", "position_map"]

DIVERGING = "RdBu_r"  # for what may have either sign


@dataclass(frozen=True)
class PositionArtists:
    """The artists of :func:`position_map`.

    Attributes:
        axes: the axes drawn into.
        image: of two and more axes (of more, the central slice of the last two); else None.
        line: of one axis; else None.
    """

    axes: Axes
    image: AxesImage | None
    line: Line2D | None


def position_map(
    values: np.ndarray,
    *,
    limits: tuple[float, float] | None = None,
    errors: np.ndarray | None = None,
    signed: bool = False,
    color: str = style.MEASURED,
    dashed: bool = False,
    ax: Axes | None = None,
) -> PositionArtists:
    """Draw one number of every position, on a linear norm.

    Args:
        values: [*grid]; NaN is grey.
        limits: of the colours, or of the ordinate; those of the values by default.
        errors: standard errors, a band of two about a line; not shown in an image.
        signed: colours on both sides of zero.
        color: of a line.
        dashed: draw a line in dashes.
        ax: axes to draw into; by default those of a new single-column figure.
    """
    with style.context():
        ax = style.axes_or_new(ax)
        if values.ndim == 1:
            places = np.arange(len(values))
            (line,) = ax.plot(places, values, color=color, linestyle="--" if dashed else "-")
            if errors is not None:
                low, high = values - 2 * errors, values + 2 * errors
                ax.fill_between(places, low, high, color=color, alpha=0.25, linewidth=0)
            if limits is not None:
                ax.set_ylim(*limits)
            ax.set_xlabel("output index")
            return PositionArtists(ax, None, line)
        plane = values[tuple(n // 2 for n in values.shape[:-2])]
        image = ax.imshow(
            np.ma.masked_invalid(plane),
            norm=Normalize(*(limits or _limits([values], signed))),
            cmap=DIVERGING if signed else style.energy_colormap(),
            interpolation="none",
        )
        ax.set_facecolor(style.OUTSIDE)
        style.whole_pixel_ticks(ax.xaxis, ax.yaxis)
        return PositionArtists(ax, image, None)


def everywhere(found: FieldGrid) -> Figure:
    """Energy, sigma and shift of every position, and what is read of every pixel.

    The upper row is measured, the lower one predicted, where there is a prediction; each column has
    one norm. Over a single axis, predictions are dashed lines in the same axes.

    Raises:
        InvalidInput: something else.
    """
    check_result("everywhere", found, "a FieldGrid", "positions", "predicted")
    of = [found.numbers] + ([found.predicted] if found.predicted is not None else [])
    columns = list(zip(*(_columns(found, n) for n in of), strict=True))
    flat = len(found.positions.shape) == 1
    with style.context():
        rows = 1 if flat else len(of)
        drawn = style.new_figure(style.DOUBLE_COLUMN, 0.5 + 1.55 * rows)
        axes = drawn.subplots(rows, len(columns), squeeze=False)
        for n, column in enumerate(columns):
            name, signed = column[0][0], column[0][2]
            limits = _limits([values for _, values, _ in column], signed)
            for row, (_, values, _) in enumerate(column):
                made = position_map(
                    values,
                    limits=limits if not flat else None,
                    signed=signed,
                    dashed=flat and row > 0,
                    color=style.PREDICTED if row else style.MEASURED,
                    ax=axes[0 if flat else row, n],
                )
            axes[0, n].set_title(name)
            if flat and n == len(columns) - 1:
                axes[0, n].set_xlabel("input pixel")
            if made.image is not None:
                drawn.colorbar(made.image, ax=list(axes[:, n]), location="bottom", aspect=15)
        if flat and len(of) > 1:
            names = ["measured", "predicted"]
            drawn.legend(axes[0, 0].lines, names, loc="outside upper right", ncols=2)
        for row, label in enumerate(("measured", "predicted")[: 0 if flat else len(of)]):
            axes[row, 0].set_ylabel(label)
    return drawn


def _columns(found: FieldGrid, of: dict[str, Any]) -> Iterator[tuple[str, np.ndarray, bool]]:
    """(title, values, whether signed) of the panels, energies over their interior mean."""
    energy = found.array("energy", of)
    inside = found.positions.groups.get("interior")
    level = np.mean(energy.ravel()[inside]) if inside is not None else np.mean(energy)
    yield "energy / interior", energy / level, False
    sigma = found.array("sigma_centroid", of)
    yield "σ about the centroid, px", np.sqrt((sigma**2).mean(-1)), False
    shift = found.array("centroid", of) - found.center
    yield "shift along x, px", shift[..., -1], True
    measured = of is found.numbers
    from jaxrf.measure.field_grid.records import Record

    vector = found.vector if measured else found.expected
    assert vector is not None, "no prediction is drawn where there is none"
    read = Record.of(vector, found.positions).read
    yield "read of an input pixel", read / read.mean(), False


def _limits(values: list[np.ndarray], signed: bool) -> tuple[float, float]:
    """One range for all; about zero where signs matter."""
    some = np.concatenate([v[np.isfinite(v)].ravel() for v in values])
    low, high = (float(some.min()), float(some.max())) if some.size else (0.0, 1.0)
    if signed:
        most = max(abs(low), abs(high)) or 1.0
        return -most, most
    if high - low < 1e-6 * abs(high):  # a flat map is one colour, not its rounding
        return 0.0, 2 * high or 1.0
    return low, high
