"""Results as tables: a header and rows of text, shown by rich, or written as CSV or Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from jaxrf.causality import in_words
from jaxrf.solve.misalignment import Misalignment, by_line

if TYPE_CHECKING:
    from jaxrf.analysis import Analysis
    from jaxrf.geometry import AxisField, Field, Piece
    from jaxrf.measure.support import MeasuredSupport

__all__ = [
    "TextTable",
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
    return "\n".join(line.rstrip() for line in lines)


_MOST_REMARKS = 6  # notes about summaries, in a table
_MOST_PIECES = 8  # maps side by side, in one note
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


def field_table(analysis: Analysis, *, only: str | None = None) -> TextTable:
    """r, S, P and alignment of every end-point, as the article's table.

    Along a single axis also how far each looks back and ahead; of several axes a note says so,
    where the output is causal along one.
    """
    names = analysis.names if only is None else (analysis.find(only),)
    rows, notes, root = [], [], _common_scope(names)
    for name in names:
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
        via = next((v for v in field.global_via if v), None)
        if via and (note := f"global: {via}") not in notes:
            notes.append(note)
        if max(a.period for a in field.axes) > 1:
            notes.append(f"{name}: {_phases(field)}")
    notes += _remarks(analysis, names)
    notes += _causality_notes([analysis[name] for name in names])
    notes += _misaligned_notes(analysis.misaligned)
    notes += [f"bounded only, no rule for {what}" for what in analysis.approximate]
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


def _remarks(analysis: Analysis, names: Sequence[str]) -> list[str]:
    """Why a summary is not all that there is to say, the output first."""
    lines: dict[str, None] = {}
    for name in reversed(names):
        for axis in analysis[name].axes:
            said = [f"r {_pieces(axis.pieces)}"] if axis.pieces else []
            lines.update(dict.fromkeys(f"{name}: {note}" for note in (*said, *axis.notes)))
    some = list(lines)[:_MOST_REMARKS]
    return some + (
        [f"({len(lines) - len(some)} more such notes, see -f json)"]
        if len(lines) > len(some)
        else []
    )


def _pieces(pieces: Sequence[Piece]) -> str:
    """The fields of maps that lie side by side."""
    shown = ", ".join(f"{p.size} (outputs {p.first} to {p.last})" for p in pieces[:_MOST_PIECES])
    more = f", and {len(pieces) - _MOST_PIECES} more pieces" if len(pieces) > _MOST_PIECES else ""
    return shown + more


def _looks(field: Field) -> tuple[str, ...]:
    """How far a field along a single axis looks back and ahead, in two cells."""
    if len(field.axes) > 1:
        return ()
    (axis,) = field.axes
    return tuple(in_words(v, axis.causal) for v in (axis.look_back, axis.look_ahead))


def _causality_notes(fields: Sequence[Field]) -> list[str]:
    """What the columns do not say: causal axes among several, and borders that look ahead."""
    notes, output = [], fields[-1]
    if len(output.axes) > 1 and any(map(_is_causal, output.axes)):
        parts = [
            f"axis {a.axis} {'is causal and ' if a.causal else ''}looks "
            f"{in_words(a.look_back, a.causal)} back and {in_words(a.look_ahead, a.causal)} ahead"
            for a in output.axes
        ]
        notes.append(f"{output.name}: {'; '.join(parts)}")
    for field in fields:
        for axis in field.axes:
            ahead, most = axis.look.ahead, axis.look.most
            if ahead is not None and most is not None and ahead <= 0 < most:
                return [
                    *notes,
                    f"{field.name}: not causal along axis {axis.axis}; at a border, outputs read "
                    f"{most} input pixels ahead",
                ]
    return notes


def _is_causal(axis: AxisField) -> bool:
    """Whether outputs look back by a hop or more, and not ahead.

    A centred window of stride 2 looks no further than its own hop, and nobody calls it causal.
    """
    back = axis.look_back
    return axis.causal is True and (back is None or back >= max(1, axis.stride or 0))


def _misaligned_notes(joins: Sequence[Misalignment]) -> list[str]:
    """The first joins that are misaligned, one line of the model each."""
    lines = by_line(joins)
    notes = [
        f"misaligned: {join}{f' ({count} joins on this line)' if count > 1 else ''}"
        for join, count in lines[:_MOST_JOINS]
    ]
    more = sum(count for _, count in lines[_MOST_JOINS:])
    return [*notes, f"({more} more misaligned joins, see -f json)"] if more else notes


_MOST_JOINS = 4  # lines of them in a table


def _input(analysis: Analysis) -> str:
    """Which input the fields are in, where there are several."""
    return f"with respect to {analysis.input} " if len(analysis.inputs) > 1 else "input "


def _shape(shape: tuple[int, ...]) -> str:
    """Without a batch of 1; a scalar has no axes."""
    return "x".join(map(str, shape[1:] if shape[:1] == (1,) else shape)) or "scalar"


def _common_scope(names: Sequence[str]) -> str:
    """The scope that all of several names share, with its slash."""
    scopes = {name.partition("/")[0] + "/" for name in names}
    return scopes.pop() if len(names) > 1 and len(scopes) == 1 else ""


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
