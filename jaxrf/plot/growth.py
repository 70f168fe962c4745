"""Growth of the receptive field with depth: one line per network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, NullFormatter

from jaxrf.plot import style
from jaxrf.plot.labels import place_labels
from jaxrf.plot.text import verbatim

__all__ = ["GrowthArtists", "growth"]

_DASHES = ("-", (0, (4, 1.2)), (0, (1, 1)), (0, (4, 1, 1, 1)))
_TICKS = [step * 10**power for power in range(5) for step in (1, 2, 5)]


@dataclass(frozen=True)
class GrowthArtists:
    """The artists of :func:`growth`.

    Attributes:
        axes: the axes drawn into.
        lines: name of a network -> its line.
        labels: the names and last sizes, in the same order.
        image: the line at the size of the image.
    """

    axes: Axes
    lines: dict[str, Line2D]
    labels: tuple[Annotation, ...]
    image: Line2D | None


def growth(
    networks: Mapping[str, tuple[Sequence[int], Sequence[int]]],
    *,
    families: Mapping[str, str] | None = None,
    image: int | None = None,
    xlabel: str = "depth (convolutions and poolings on the longest path)",
    ax: Axes | None = None,
) -> GrowthArtists:
    """Draw r against depth, both on logarithmic scales.

    Args:
        networks: name -> (depths, sizes in input pixels), from the input to the output.
        families: name -> family; one colour per family, its members dashed differently. Every
            network is its own family by default.
        image: side of the image, pixels: from there on a field covers it.
        xlabel: what the depth counts.
        ax: axes to draw into; by default those of a new double-column figure.

    Returns:
        The artists.
    """
    family_of = {name: (families or {}).get(name, name) for name in networks}
    order = list(dict.fromkeys([*(families or {}).values(), *family_of.values()]))
    with style.context():
        if ax is None:
            ax = style.new_figure(style.DOUBLE_COLUMN, 4.2).add_subplot()
        lines, seen = {}, dict.fromkeys(order, 0)
        for name, (depths, sizes) in networks.items():
            family = family_of[name]
            (lines[name],) = ax.plot(
                depths,
                sizes,
                color=style.CATEGORIES[order.index(family) % len(style.CATEGORIES)],
                linestyle=_DASHES[seen[family] % len(_DASHES)],
                marker="o",
                markersize=3.5,
                markevery=[-1],
                label=verbatim(name),
            )
            seen[family] += 1
        ends = {name: (depths[-1], sizes[-1]) for name, (depths, sizes) in networks.items()}
        last = max(max(depths) for depths, _ in networks.values())
        most = max(max(sizes) for _, sizes in networks.values())
        ax.set(xscale="log", yscale="log", xlim=(0.9, 2.6 * last), ylim=(2, 1.9 * most))
        borders = (
            []
            if image is None
            else ax.plot(
                ax.get_xlim(), [image, image], color="0.6", linewidth=0.7, linestyle=style.CLIPPED
            )
        )
        if image is not None:
            ax.text(1.0, image * 1.04, f"image: {image} px", color="0.4", fontsize=6, va="bottom")
        for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            axis.set_ticks([t for t in _TICKS if limits[0] <= t <= limits[1]])
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
        ax.set(xlabel=xlabel, ylabel="receptive field r (input pixels)")
        ax.grid(color="0.92", linewidth=0.4)
        ax.set_axisbelow(True)
        labels = place_labels(
            ax,
            list(ends.values()),
            [f"{name}  {r}" for name, (_, r) in ends.items()],
            [2.0] * len(ends),
            avoid=np.concatenate([_dense(line) for line in [*lines.values(), *borders]]),
            colors=[str(lines[name].get_color()) for name in ends],
        )
        for text in labels:
            text.set_path_effects([patheffects.withStroke(linewidth=2.0, foreground="white")])
    return GrowthArtists(ax, lines, tuple(labels), next(iter(borders), None))


def _dense(line: Line2D, between: int = 12) -> np.ndarray:
    """Points [n, 2] along a line on logarithmic axes."""
    logs = np.log(np.asarray(line.get_xydata(), dtype=float))
    between = max(between, 200 // len(logs))
    steps = np.linspace(0, 1, between, endpoint=False)[:, None, None]
    points: np.ndarray = np.exp(logs[:-1] + steps * np.diff(logs, axis=0)).reshape(-1, 2)
    return points
