"""Networks as strips, one cell per layer: how much of the input each layer sees before it acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from jaxrf.errors import InvalidInput
from jaxrf.plot import style
from jaxrf.plot.text import verbatim

__all__ = ["StripArtists", "layer_strips"]

SMALLEST = 1 / 64  # of the input: the lower end of the colours
EXCEEDS = "#f2b8a0"  # the field is larger than the input, a narrower path still fits
UNPRODUCTIVE = "#b2182b"  # every path is wider than the input
HEIGHT = 0.72  # of a strip, in rows


@dataclass(frozen=True)
class StripArtists:
    """The artists of :func:`layer_strips`.

    Attributes:
        axes: the axes drawn into.
        strips: one mesh per network, its cells in order of execution.
        borders: one mark per network at the first layer whose field exceeds the input; None
            where no field does.
        counts: one text per network: layers that every path exceeds, and those that some path does.
        colors: r / size -> colour, for a colour bar.
    """

    axes: Axes
    strips: tuple[QuadMesh, ...]
    borders: tuple[Line2D | None, ...]
    counts: tuple[Text, ...]
    colors: ScalarMappable


def layer_strips(
    networks: Mapping[str, Sequence[tuple[float, float]]],
    *,
    size: int,
    names: bool = True,
    ax: Axes | None = None,
) -> StripArtists:
    """Draw the layers of networks against an input of ``size``.

    All strips are equally long. A cell is coloured by r / size of what the layer reads; where r
    exceeds the size it is pale red, and where the narrowest path into it does too, red.

    Args:
        networks: name -> (r, narrowest r) of every layer, input pixels, in order of execution.
        size: of the input, pixels.
        names: whether to name the networks on the left.
        ax: axes to draw into; by default those of a new single-column figure.

    Raises:
        InvalidInput: no network, or one without layers.
    """
    if not networks or not all(len(layers) for layers in networks.values()):
        raise InvalidInput("layer strips: got no layers, need at least one per network")
    with style.context():
        ax = style.axes_or_new(ax, height=0.4 + 0.17 * len(networks))
        colors = ScalarMappable(LogNorm(SMALLEST, 1.0), colormaps["viridis"])
        strips, borders, counts = [], [], []
        for row, layers in enumerate(networks.values()):
            fields = np.asarray(layers, dtype=float).T
            edges = np.linspace(0.0, 1.0, fields.shape[1] + 1)
            rows = [row - HEIGHT / 2, row + HEIGHT / 2]
            strip = ax.pcolormesh(edges, rows, _cells(fields, size, colors), linewidth=0)
            strips.append(strip)
            borders.append(_border(ax, edges, rows, fields[0] > size))
            counts.append(_count(ax, row, fields > size))
        ax.set(xlim=(0, 1), ylim=(len(networks) - 0.5, -0.5), xticks=[])
        ax.set_yticks(range(len(networks)), [verbatim(n) for n in networks] if names else [])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_title(f"input of {size} px", loc="left")
        heading = "unproductive /\nexceeding / all"
        ax.text(1.02, -0.62, heading, va="bottom", ha="left", fontsize=5.5)
        ax.set_xlabel("layers in order of execution →", loc="left")
    return StripArtists(ax, tuple(strips), tuple(borders), tuple(counts), colors)


def legend_handles() -> list[Artist]:
    """Legend entries of the colours outside the colour bar and of the mark."""
    return [
        Patch(facecolor=EXCEEDS, label="r exceeds the input, a narrower path does not"),
        Patch(facecolor=UNPRODUCTIVE, label="every path exceeds the input: unproductive"),
        Line2D([], [], color="black", linewidth=1.2, marker="", label="first layer past r = input"),
    ]


def _cells(fields: np.ndarray, size: int, colors: ScalarMappable) -> np.ndarray:
    """RGBA [1, layers, 4]."""
    cells = colors.to_rgba(np.clip(fields[0] / size, SMALLEST, 1.0))
    cells[fields[0] > size] = to_rgba(EXCEEDS)
    cells[(fields > size).all(0)] = to_rgba(UNPRODUCTIVE)
    return cells[None]


def _border(ax: Axes, edges: np.ndarray, rows: list[float], exceeds: np.ndarray) -> Line2D | None:
    if not exceeds.any():
        return None
    place = edges[int(np.argmax(exceeds))]
    reach = [rows[0] - 0.1, rows[1] + 0.1]
    return ax.plot([place, place], reach, color="black", linewidth=1.2, clip_on=False)[0]


def _count(ax: Axes, row: int, exceed: np.ndarray) -> Text:
    text = f"{int(exceed.all(0).sum())} / {int(exceed[0].sum())} / {exceed.shape[1]}"
    return ax.text(1.02, row, text, va="center", ha="left", fontsize=6.0)
