"""Two or more branches that meet: what each output reads through each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from jaxrf.plot import style
from jaxrf.plot.text import verbatim

__all__ = ["BranchArtists", "branches"]

BAR = 0.3  # height of a bar; an output takes 1
COLORS = (style.CATEGORIES[0], style.CATEGORIES[1], style.CATEGORIES[2])


@dataclass(frozen=True)
class BranchArtists:
    """The artists of :func:`branches`.

    Attributes:
        axes: the axes drawn into.
        bars: name of a branch -> one bar per output.
        centers: name of a branch -> the marks at the centres.
        sizes: beside every output, how many inputs and positions of padding it reads.
        cells: the inputs, below.
        legend: names of the branches, below the axes.
    """

    axes: Axes
    bars: dict[str, tuple[Rectangle, ...]]
    centers: dict[str, Line2D]
    sizes: tuple[Text, ...]
    cells: tuple[Rectangle, ...]
    legend: Legend


def branches(
    regions: Mapping[str, Sequence[tuple[int, int]]],
    length: int,
    *,
    title: str = "",
    legend_title: str | None = None,
    ax: Axes | None = None,
) -> BranchArtists:
    """Draw, output by output, the region of each branch in the input, and its centre.

    Padding counts as in eqs (5) and (6): a bar may leave the input. Dots are centres (eq 11); where
    the network is aligned, those of one output stand one over the other.

    Args:
        regions: branch -> (low, high) of every output, input pixels, inclusive.
        length: of the input, pixels.
        title: over the axes.
        legend_title: over the names of the branches.
        ax: axes to draw into; by default those of a new single-column figure.

    Returns:
        The artists.
    """
    outputs = len(next(iter(regions.values())))
    low = min(0, *(r[0] for rows in regions.values() for r in rows))
    high = max(length - 1, *(r[1] for rows in regions.values() for r in rows))
    with style.context():
        ax = style.axes_or_new(ax, height=0.45 * outputs + 1.2)
        bars: dict[str, tuple[Rectangle, ...]] = {}
        centers: dict[str, Line2D] = {}
        for place, (name, rows) in enumerate(regions.items()):
            color = COLORS[place % len(COLORS)]
            shift = BAR * (place - (len(regions) - 1) / 2)
            bars[name] = _bars(ax, rows, color, shift)
            centers[name] = _centers(ax, rows, shift)
        sizes = tuple(
            ax.text(high + 0.9, u, _reads(regions, u, length), ha="left", va="center", fontsize=6.5)
            for u in range(outputs)
        )
        cells = tuple(_cell(ax, index, 0 <= index < length) for index in range(low, high + 1))
        ax.set(xlim=(low - 0.7, high + 0.7), ylim=(-1.75, outputs - 0.35), title=title)
        ax.set_yticks(range(outputs), [f"output {u}" for u in range(outputs)])
        ax.set_xticks([])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("input (dashed: padding); circles: centres")
        legend = _legend(ax, bars, legend_title)
    return BranchArtists(ax, bars, centers, sizes, cells, legend)


def _bars(
    ax: Axes, rows: Sequence[tuple[int, int]], color: str, shift: float
) -> tuple[Rectangle, ...]:
    """What every output reads through one branch."""
    bars = tuple(
        Rectangle(
            (first - 0.5, u + shift - BAR / 2),
            last - first + 1,
            BAR,
            facecolor=color,
            edgecolor="white",
            linewidth=0.6,
            alpha=0.85,
        )
        for u, (first, last) in enumerate(rows)
    )
    for bar in bars:
        ax.add_patch(bar)
    return bars


def _centers(ax: Axes, rows: Sequence[tuple[int, int]], shift: float) -> Line2D:
    """A mark at the middle of every bar of one branch."""
    (marks,) = ax.plot(
        [(first + last) / 2 for first, last in rows],
        [u + shift for u in range(len(rows))],
        "o",
        color="white",
        markeredgecolor="black",
        markersize=3.5,
        markeredgewidth=0.7,
        zorder=4,
    )
    return marks


def _legend(ax: Axes, bars: Mapping[str, tuple[Rectangle, ...]], title: str | None) -> Legend:
    """The names of the branches, below the axes."""
    handles = [
        Patch(facecolor=some[0].get_facecolor(), label=verbatim(name))
        for name, some in bars.items()
    ]
    return ax.legend(
        handles=handles,
        title=title,
        title_fontsize=6.5,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.12),
        ncols=len(handles),
    )


def _reads(regions: Mapping[str, Sequence[tuple[int, int]]], output: int, length: int) -> str:
    """The number of inputs and of padding positions that one output reads, over all branches."""
    read = {i for rows in regions.values() for i in range(rows[output][0], rows[output][1] + 1)}
    real = sum(0 <= i < length for i in read)
    return f"{real} inputs" + (f"\n{len(read) - real} padding" if real < len(read) else "")


def _cell(ax: Axes, index: int, real: bool) -> Rectangle:
    """An input, or padding."""
    cell = Rectangle(
        (index - 0.43, -1.45),
        0.86,
        0.6,
        facecolor="0.9" if real else "white",
        edgecolor="0.5",
        linewidth=0.5,
        linestyle="-" if real else (0, (3, 1.5)),
    )
    ax.add_patch(cell)
    color = "black" if real else "0.5"
    ax.text(index, -1.15, str(index), ha="center", va="center", fontsize=5, color=color)
    return cell
