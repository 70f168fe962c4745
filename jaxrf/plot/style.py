"""Style of figures: column widths, fonts, colours, the logged norm, files without dates.

Nothing here changes matplotlib's global state: figures are made without pyplot, and settings hold
only inside :func:`context`.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

import matplotlib
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import Colormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import MaxNLocator

from jaxrf.errors import InvalidInput
from jaxrf.files import whole

SINGLE_COLUMN = 3.25  # inches
DOUBLE_COLUMN = 6.75  # inches
FLOOR = 1e-6  # of the peak: the lower end of every logarithmic scale

CLIPPED = (0, (3, 2))  # dashes where the image cuts the theoretical field off
OUTSIDE = "0.85"  # grey: no path leads here, which is not the same as a small gradient
BOX = "#d62728"  # the theoretical field
GAUSSIAN = "#ff9f1c"  # the fitted Gaussian
MEASURED = "#31688e"  # curves of the map: a blue of viridis
PREDICTED = "0.15"  # curves of the map that is expected
# Okabe and Ito's colours, which the colour-blind tell apart, without the yellow that white drowns;
# a dark brown is the eighth.
CATEGORIES = (
    *("#0072b2", "#e69f00", "#009e73", "#d55e00"),
    *("#cc79a7", "#56b4e9", "#555555", "#663300"),
)

OUTSIDE_LABEL = "outside the support"
RELATIVE_ENERGY = "mean squared gradient (relative to peak)"

SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same file everywhere
    "font.size": 7.0,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.0,
    "axes.linewidth": 0.6,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "ytick.minor.size": 0.0,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.borderaxespad": 0.3,
    "lines.linewidth": 1.0,
    "pdf.fonttype": 42,
    "svg.hashsalt": "jaxrf",  # the names of its parts, which are drawn anew without one
    "savefig.dpi": 200,
}

_WITHOUT_DATES = {
    ".png": {"Software": None},
    ".pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    ".svg": {"Creator": None, "Date": None},
}


def context() -> AbstractContextManager[None]:
    """The settings of jaxrf's figures, for the length of a ``with`` block."""
    return matplotlib.rc_context(SETTINGS)  # type: ignore[arg-type]  # the stub lists every key


def new_figure(width: float = SINGLE_COLUMN, height: float = 2.6) -> Figure:
    """A figure that no global registry knows, with a layout that keeps text apart.

    Args:
        width: inches.
        height: inches.

    Returns:
        The empty figure.
    """
    return Figure(figsize=(width, height), layout="constrained")


def axes_or_new(ax: Axes | None, height: float = 2.6) -> Axes:
    """The axes passed, or those of a new single-column figure of a height in inches."""
    return new_figure(height=height).add_subplot() if ax is None else ax


def energy_norm() -> LogNorm:
    """The logged norm of every map: from 1e-6 of the peak to the peak."""
    return LogNorm(vmin=FLOOR, vmax=1.0)


def energy_colormap() -> Colormap:
    """Viridis, with grey for masked pixels."""
    return matplotlib.colormaps["viridis"].with_extremes(bad=OUTSIDE)


def outline(width: float = 1.6) -> list[patheffects.AbstractPathEffect]:
    """A black rim that keeps a light line or text readable on any colour of the map."""
    return [patheffects.withStroke(linewidth=width, foreground="black")]


def measured_line(points: int) -> dict[str, Any]:
    """The style of a curve of the map, with a mark per pixel where they are few."""
    return {
        "color": MEASURED,
        "linewidth": 0.8,
        "marker": "." if points <= 64 else "",
        "markersize": 3.0,
    }


def whole_pixel_ticks(*axes: Axis) -> None:
    """Ticks at whole pixels alone."""
    for axis in axes:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def finish(ax: Axes, handles: Sequence[Artist], *, new: bool) -> Legend | None:
    """The legend: over axes of ours, inside those of a user, whose title and neighbours it spares.

    In a user's axes labels and numbers get the size that our words are made for, and a legend that
    does not fit is left out.

    Args:
        ax: the axes.
        handles: of the artists.
        new: whether the axes were made here.
    """
    if new:
        return legend_above(ax, handles)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_fontsize(SETTINGS["axes.labelsize"])
    ax.tick_params(labelsize=SETTINGS["xtick.labelsize"])
    if not handles:
        return None
    ax.apply_aspect()
    made = ax.legend(handles=handles, loc="best", frameon=True, framealpha=0.8)
    needed, room = made.get_window_extent(), ax.get_window_extent()
    if needed.width > room.width or needed.height > room.height / 2:
        made.remove()
        return None
    return made


def legend_above(ax: Axes, handles: Sequence[Artist]) -> Legend | None:
    """A legend over the axes in two columns, out of the way of the data; None without handles."""
    if not handles:
        return None
    return ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, columnspacing=1.2
    )


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG (200 dpi), PDF or SVG, byte-identical from run to run.

    Args:
        figure: what to write.
        path: the file; its suffix, ``.png``, ``.pdf`` or ``.svg``, chooses the format.

    Returns:
        The path.

    Raises:
        InvalidInput: for any other suffix.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _WITHOUT_DATES:
        raise InvalidInput(
            f"save: got the file {path.name!r}, needed the suffix .png, .pdf or .svg; rename it"
        )
    with whole(path) as file:
        write(figure, file, suffix)
    return path


def write(figure: Figure, file: str | Path | IO[bytes], suffix: str) -> None:
    """Write a figure to a path or an open file, in the format of a suffix."""
    with context():
        figure.savefig(file, format=suffix[1:], metadata=_WITHOUT_DATES[suffix])
