"""Results as tables: a header and rows of text, shown by rich, or written as CSV or Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from jaxrf.causality import in_words
from jaxrf.names import some
from jaxrf.printable import encodable, printable
from jaxrf.remarks import LINES, capped, remarks
from jaxrf.rows import shown_rows

if TYPE_CHECKING:
    from jaxrf.analysis import Analysis
    from jaxrf.geometry import Field
    from jaxrf.measure.support import MeasuredSupport

__all__ = [
    "LINES",
    "TextTable",
    "capped",
    "common_scope",
    "field_table",
    "plain_text",
    "support_table",
]


@dataclass(frozen=True)
class TextTable:
    """A table of text.

    Attributes:
        title: one line.
        header: names of the columns.
        rows: one tuple of texts a row.
        notes: lines below the table.
        words: columns from the left that hold words: left-aligned, and broken where they must be.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    words: int = 1

    def __post_init__(self):
        """Names are text in every form of the table: none ends a line or moves a cursor."""
        for name in ("title", "header", "rows", "notes"):
            object.__setattr__(self, name, _printable(getattr(self, name)))

    def csv(self) -> str:
        """Comma-separated, header first, without title and notes."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.header, *self.rows])
        return text.getvalue()

    def markdown(self) -> str:
        """A Markdown table with its notes."""
        rule = tuple("---" if n < self.words else "--:" for n in range(len(self.header)))
        cells = ([c.replace("|", "\\|") for c in row] for row in (self.header, rule, *self.rows))
        lines = ["| " + " | ".join(row) + " |" for row in cells]
        return "\n".join([*lines, *("" for _ in self.notes[:1]), *self.notes]) + "\n"


def _printable(text: Any) -> Any:
    """A text, or tuples of them."""
    return printable(text) if isinstance(text, str) else tuple(map(_printable, text))


def plain_text(table: TextTable, *, width: int = 80) -> str:
    """The table as a terminal of ``width`` columns shows it, without colours.

    Nothing is cut off: words are broken into lines, names after a slash. Numbers are never broken,
    so that a table of too many of them is wider.
    """
    import rich.box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    widths = _column_widths(table, width - 2)  # a blank edge on both sides
    drawn = Table(box=rich.box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for n, name in enumerate(table.header):
        justify: Literal["left", "right"] = "left" if n < table.words else "right"
        drawn.add_column(name, justify=justify, width=widths[n], overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(_broken(c, w)) for c, w in zip(row, widths, strict=True)))
    needed = sum(widths) + GAP * (len(widths) - 1) + 2
    text = io.StringIO()
    console = Console(
        file=text, width=max(width, needed), color_system=None, markup=False, emoji=False
    )  # ":100:" is a line of a file, not an emoji
    console.print(table.title, highlight=False)
    console.print(drawn)
    for note in table.notes:
        console.print(note, highlight=False)
    lines = text.getvalue().splitlines()
    return encodable("\n".join(line.rstrip() for line in lines))


GAP = 2  # blanks between two columns
NARROW = 12  # below this, a column of words is not narrowed further


def _column_widths(table: TextTable, width: int) -> list[int]:
    """What every column needs; where that is too much, the widest column of words yields."""
    widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
    words = widths[: table.words]
    while sum(widths) + GAP * (len(widths) - 1) > width and max(words) > NARROW:
        words[words.index(max(words))] -= 1
        widths[: table.words] = words
    return widths


def _broken(cell: str, width: int) -> str:
    """A path in lines of at most ``width`` where its slashes allow; other text as it is."""
    lines = [""]
    for part in cell.replace("/", "/\n").split("\n") if len(cell) > width else [cell]:
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _giga(flops: int) -> str:
    """In units of 1e9, small ones as a power of ten."""
    return f"{flops / 1e9:.2f}" if flops >= 5e6 or not flops else f"{flops / 1e9:.0e}"


def field_table(
    analysis: Analysis, *, only: str | None = None, most: int | None = None
) -> TextTable:
    """r, S, P and alignment of every end-point, as the article's table.

    Along a single axis also how far each looks back and ahead; of several axes a note says so,
    where the output is causal along one.

    Args:
        analysis: of the model.
        only: this end-point alone.
        most: rows; see :func:`jaxrf.rows.shown_rows`.
    """
    names = analysis.names if only is None else (analysis.find(only),)
    shown = shown_rows(names, most, analysis.outputs)
    rows, root = [], common_scope(names)
    vias: dict[str, None] = {}
    phases: dict[str, list[str]] = {}
    for name in shown.names:
        field = analysis[name]
        aligned = "global" if field.is_global else ("yes" if field.aligned else "no")
        rows.append(
            (
                name[len(root) :],
                _shape(analysis.endpoint_shape(name)),
                _per_axis(field.size),
                _per_axis(field.stride),
                _per_axis(field.padding),
                aligned,
                *_looks(field),
                _giga(analysis.flops(name)),
            )
        )
        vias.update((f"global: {via}", None) for via in field.global_via if via)
        if max(a.period for a in field.axes) > 1:
            phases.setdefault(_phases(field), []).append(name)
    notes = capped(vias, LINES, "global operations, see -f json")
    alike = [f"{some(those, LINES)}: {what}" for what, those in phases.items()]
    notes += capped(alike, LINES, "end-points with phases, see -f json")
    notes += remarks(analysis, names, whole=only is None)
    notes += shown.notes
    shape = "x".join(map(str, analysis.shape))
    below = f"; names below {root}" if root else ""
    return TextTable(
        f"{analysis.traced.network.name}, {_input(analysis)}{shape}; "
        f"r, S, P in input pixels{below}",
        (
            *("end-point", "shape", "r", "S", "P", "aligned"),
            *(("back", "ahead") if len(analysis.spatial_axes) == 1 else ()),
            "GFLOP",
        ),
        tuple(rows),
        tuple(notes),
    )


def _looks(field: Field) -> tuple[str, ...]:
    """How far a field along a single axis looks back and ahead, in two cells."""
    if len(field.axes) > 1:
        return ()
    (axis,) = field.axes
    return tuple(in_words(v, axis.causal) for v in (axis.look_back, axis.look_ahead))


def _input(analysis: Analysis) -> str:
    """Which input the fields are in, where there are several."""
    return f"with respect to {analysis.input} " if len(analysis.inputs) > 1 else "input "


def _shape(shape: tuple[int, ...]) -> str:
    """Without a batch of 1; a scalar has no axes."""
    return "x".join(map(str, shape[1:] if shape[:1] == (1,) else shape)) or "scalar"


def common_scope(names: Sequence[str]) -> str:
    """The scope that all of several names share, with its slash; outputs keep theirs."""
    scopes = {name.partition("/")[0] + "/" for name in names}
    shared = len(names) > 1 and len(scopes) == 1 and scopes != {"output/"}
    return scopes.pop() if shared else ""


def _phases(field: Field) -> str:
    axis = max(field.axes, key=lambda a: a.period)
    reach = ", ".join(f"[{low:g}, {high:g}]" for low, high in axis.reach[:8])
    more = ", ..." if axis.period > 8 else ""
    return f"{axis.period} phases, reaching {reach}{more} pixels from u S"


def _per_axis(values: Sequence) -> str:
    """One text where all axes agree."""
    texts = ["-" if v is None else str(v) for v in values]
    return texts[0] if len(set(texts)) == 1 else ",".join(texts)


def support_table(named: Sequence[tuple[str, MeasuredSupport]]) -> TextTable:
    """Theory against measurement, one row a feature."""
    rows, notes = [], []
    for label, measured in named:
        exact, found = measured.exact, measured.support
        verdict = "equal" if measured.equal else f"-{measured.missing} +{measured.excess}"
        rows.append(
            (
                f"{label} {','.join(map(str, exact.at))}",
                _box(exact.box),
                str(int(exact.mask.sum())),
                str(int(found.mask.sum())),
                "-" if measured.plain is None else str(int(measured.plain.mask.sum())),
                verdict,
            )
        )
        if exact.holes:
            count = "x".join(map(str, exact.count))
            notes.append(f"{label}: {exact.holes} holes in the box, {count} indices touched")
        if measured.unmeasured:
            notes.append(f"no plain gradient: {measured.unmeasured}")
    return TextTable(
        "support in input pixels: exact theory, measured, plain gradient",
        ("feature", "exact box", "exact", "measured", "plain", "verdict"),
        tuple(rows),
        tuple(dict.fromkeys(notes)),
    )


def _box(box) -> str:
    return "empty" if box is None else " ".join(f"[{i.low}, {i.high}]" for i in box)
