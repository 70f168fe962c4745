"""A single path of layers: every feature map as cells, and what one output reads of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.legend import Legend
from matplotlib.patches import Patch, Polygon, Rectangle
from matplotlib.text import Text

from jaxrf.errors import InvalidInput
from jaxrf.geometry.interval import Interval
from jaxrf.geometry.layers import center, feature_maps
from jaxrf.geometry.words import Window
from jaxrf.plot import style
from jaxrf.plot.text import verbatim

CELL = 0.86  # width and height of a cell, input pixels; the rest is the gap between two
ROW = 2.6  # height of a row, input pixels
MARGINS = 2.0  # inches of text beside the cells, both sides together
READ, UNREAD = "#e69f00", "#56b4e9"  # orange and sky blue of Okabe and Ito


@dataclass(frozen=True)
class PathArtists:
    """The artists of :func:`path`; rows run from the input to the output.

    Attributes:
        axes: the axes drawn into.
        cells: per feature map, index -> its cell; indices of padding too.
        cones: per layer, what the output reads of its input, from one row to the next.
        links: per layer, from every feature to the two ends of its window.
        labels: per feature map, its field.
        span: the region of the output in the input.
        legend: kinds of cells.
    """

    axes: Axes
    cells: tuple[dict[int, Rectangle], ...]
    cones: tuple[Polygon, ...]
    links: tuple[LineCollection, ...]
    labels: tuple[Text, ...]
    span: Text
    legend: Legend


def path(
    windows: Sequence[Window],
    length: int,
    *,
    at: int = 0,
    names: Sequence[str] = (),
    ax: Axes | None = None,
) -> PathArtists:
    """Draw a single path of layers and the region of one output in every feature map.

    A feature stands over the centre of its field (eq 11), so that a row is wider the more it
    strides. Full cells are features; dashed ones are padding; dotted ones belong to the field of
    the output but to nothing that is computed: the padding of a later layer.

    Args:
        windows: k, s, p, q of every layer, from input to output.
        length: of the input, pixels.
        at: the output whose region is shown, 0-based.
        names: of the layers, from input to output.
        ax: axes to draw into; by default those of a new double-column figure.

    Returns:
        The artists.

    Raises:
        InvalidInput: no such output.
    """
    lengths = [length]
    for window in windows:
        lengths.append(window.output_length(lengths[-1]))
    if not 0 <= at < lengths[-1]:
        raise InvalidInput(f"at: got {at}, need an output from 0 to {lengths[-1] - 1}")
    maps = feature_maps(windows)
    regions = [m.interval(at) for m in maps]
    with style.context():
        new = ax is None
        ax = style.new_figure(style.DOUBLE_COLUMN).add_subplot() if ax is None else ax
        cells = tuple(
            _row(ax, windows, level, lengths[level], regions[level]) for level in range(len(maps))
        )
        ends = [cell.get_x() for row in cells for cell in row.values()]
        left, right = min(ends) - 0.8, max(ends) + CELL + 0.8
        links, cones, labels = [], [], []
        for level, window in enumerate(windows, start=1):
            links.append(_links(ax, windows, level, lengths[level]))
            cones.append(_cone(ax, windows, level, regions))
            name = verbatim(names[level - 1]) if names else f"layer {level}"
            ax.text(
                left,
                ROW * (level - 0.5),
                f"{name}\n$k$={window.span} $s$={window.stride} "
                f"$p$={window.before} $q$={window.after}",
                ha="right",
                va="center",
                color="0.35",
                fontsize=6.5,
            )
        for level, (m, region) in enumerate(zip(maps, regions, strict=True)):
            ax.text(left, ROW * level, f"$f_{level}$", ha="right", va="center", fontsize=8)
            text = f"$r$={m.size}  $S$={m.stride}  $P$={m.padding}\n[{region.low}, {region.high}]"
            labels.append(ax.text(right, ROW * level, text, ha="left", va="center", fontsize=6.5))
        span = _span(ax, regions[0], maps[0].size)
        low, high = -3.3, ROW * (len(maps) - 1) + 1.6
        words = f"what $f_{len(windows)}$[{at}] reads:"
        ax.text(right, high, words, ha="left", va="top", fontsize=6.5, color="0.35")
        ax.set(xlim=(left, right), ylim=(low, high), aspect="equal")
        ax.set_axis_off()
        legend = _legend(ax)
        if new:
            height = (high - low) / (right - left) * (style.DOUBLE_COLUMN - MARGINS)
            ax.figure.figure.set_figheight(height + 0.1)
    return PathArtists(ax, cells, tuple(cones), tuple(links), tuple(labels), span, legend)


def _row(
    ax: Axes, windows: Sequence[Window], level: int, length: int, region: Interval
) -> dict[int, Rectangle]:
    """The cells of one feature map, with what the next layer pads it by."""
    above = windows[level] if level < len(windows) else Window()
    padded = Interval(-above.before, length - 1 + above.after)
    first, last = min(0, padded.low, region.low), max(length - 1, padded.high, region.high)
    row = {}
    for index in range(first, last + 1):
        real, read = 0 <= index < length, region.low <= index <= region.high
        virtual = not (real or padded.low <= index <= padded.high)
        if virtual and not read:
            continue
        x = center(windows[:level], index)
        look = _look("feature" if real else "virtual" if virtual else "padding", read)
        corner = (x - CELL / 2, ROW * level - CELL / 2)
        row[index] = Rectangle(corner, CELL, CELL, zorder=3, **look)
        ax.add_patch(row[index])
        color = "black" if real else "0.5"
        ax.text(x, ROW * level, str(index), ha="center", va="center", fontsize=5, color=color)
        ax.texts[-1].set_zorder(4)
    return row


def _look(kind: str, read: bool) -> dict[str, Any]:
    """The style of a cell: a feature, padding, or virtual (padding of a later layer)."""
    real = kind == "feature"
    return {
        "facecolor": (READ if read else UNREAD) if real else "white",
        "edgecolor": ("0.25" if real else READ) if read else "0.5",
        "linewidth": 0.9 if read else 0.5,
        "linestyle": {"feature": "-", "padding": (0, (3, 1.5)), "virtual": (0, (0.8, 1.2))}[kind],
    }


def _legend(ax: Axes) -> Legend:
    """The kinds of cells, below the input."""
    kinds = {
        "read by the output": _look("feature", True),
        "not read": _look("feature", False),
        "padding of the next layer": _look("padding", True),
        "padding of a later layer": _look("virtual", True),
    }
    handles = [Patch(label=label, **look) for label, look in kinds.items()]
    return ax.legend(
        handles=handles, loc="lower center", ncols=4, handlelength=1.0, columnspacing=1.5
    )


def _links(ax: Axes, windows: Sequence[Window], level: int, length: int) -> LineCollection:
    """Lines from the lower edge of every feature to the ends of its window in the map below."""
    below, window, segments = windows[: level - 1], windows[level - 1], []
    top, bottom = ROW * level - CELL / 2, ROW * (level - 1) + CELL / 2
    for index in range(length):
        x, low = center(windows[:level], index), -window.before + index * window.stride
        for sign, end in ((-1, low), (1, low + window.span - 1)):
            reach = center(below, end) + sign * CELL / 2
            segments.append([(x + sign * CELL / 2, top), (reach, bottom)])
    lines = LineCollection(segments, colors="0.75", linewidths=0.4, zorder=1)
    ax.add_collection(lines)
    return lines


def _cone(ax: Axes, windows: Sequence[Window], level: int, regions: Sequence[Interval]) -> Polygon:
    """The area between the region of one map and what it reads of the map below."""
    (left, right), (far_left, far_right) = (
        (center(windows[:row], regions[row].low), center(windows[:row], regions[row].high))
        for row in (level, level - 1)
    )
    half = CELL / 2
    top, bottom = ROW * level - half, ROW * (level - 1) + half
    outline = [
        (left - half, top),
        (right + half, top),
        (far_right + half, bottom),
        (far_right + half, bottom - CELL),
        (far_left - half, bottom - CELL),
        (far_left - half, bottom),
    ]
    cone = Polygon(outline, facecolor=READ, alpha=0.25, linewidth=0, zorder=2)
    ax.add_patch(cone)
    return cone


def _span(ax: Axes, region: Interval, size: int) -> Text:
    """An arrow along the region in the input."""
    y, ends = -1.0, (region.low - 0.5, region.high + 0.5)
    arrow = {"arrowstyle": "<->", "color": "0.25", "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (ends[0], y), (ends[1], y), arrowprops=arrow)
    words = f"$r_0$ = {size} pixels, $u_0$ = {region.low} to $v_0$ = {region.high}"
    return ax.text(sum(ends) / 2, y - 0.35, words, ha="center", va="top", fontsize=6.5)
