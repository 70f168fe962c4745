"""``TextTable``: a header and rows of text, in every form that a result is written in.

On a terminal it is drawn by rich; CSV has ``records`` (full precision, one value per cell) where
the texts are rounded or say several things at once; Markdown, LaTeX and HTML have the texts,
escaped.
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from jaxrf.text.printable import encodable, printable

__all__ = ["Records", "TextTable", "plain_text"]


@dataclass(frozen=True)
class Records:
    """The values behind a table, for programs.

    Attributes:
        header: names of the columns.
        rows: one tuple of values per row; None is an empty cell, floats keep all their digits.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class TextTable:
    """A table of text.

    Attributes:
        title: one line.
        header: names of the columns.
        rows: one tuple of texts per row.
        notes: lines below the table.
        words: columns from the left that hold words: left-aligned, and broken where they must be.
        records: what CSV has instead of the texts; None where they are exact and single already.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    words: int = 1
    records: Records | None = None

    def __post_init__(self) -> None:
        """Names are text in every form of the table: none ends a line or moves a cursor."""
        for name in ("title", "header", "rows", "notes"):
            object.__setattr__(self, name, _printable(getattr(self, name)))

    def at_most(self, count: int) -> TextTable:
        """The table with no more than so many rows: both ends, and a row of dots between them."""
        if len(self.rows) <= count:
            return self
        head = count // 2
        dots = ("...", *[""] * (len(self.header) - 1))
        rows = (*self.rows[:head], dots, *self.rows[len(self.rows) - (count - head) :])
        return replace(self, rows=rows, notes=(f"{count} of {len(self.rows)} rows", *self.notes))

    def csv(self) -> str:
        """Comma-separated, header first, without title and notes."""
        source = Records(self.header, self.rows) if self.records is None else self.records
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(source.header)
        writer.writerows([_value(v) for v in row] for row in source.rows)
        return text.getvalue()

    def markdown(self) -> str:
        """A Markdown table with its notes."""
        rule = tuple("---" if n < self.words else "--:" for n in range(len(self.header)))
        cells = ([c.replace("|", "\\|") for c in row] for row in (self.header, rule, *self.rows))
        lines = ["| " + " | ".join(row) + " |" for row in cells]
        return "\n".join([*lines, *("" for _ in self.notes[:1]), *self.notes]) + "\n"

    def latex(self) -> str:
        """A LaTeX ``tabular`` with the rules of booktabs; title and notes are comments."""
        columns = "".join("l" if n < self.words else "r" for n in range(len(self.header)))
        lines = [
            *_comments([self.title, "needs \\usepackage{booktabs}"]),
            f"\\begin{{tabular}}{{{columns}}}",
            "\\toprule",
            _latex_row(self.header),
            "\\midrule",
            *map(_latex_row, self.rows),
            "\\bottomrule",
            "\\end{tabular}",
            *_comments(self.notes),
        ]
        return "\n".join(lines) + "\n"

    def html(self) -> str:
        """An HTML table with its title and notes, every text escaped."""
        sides = ["left" if n < self.words else "right" for n in range(len(self.header))]

        def row(cells: Sequence[str], tag: str) -> str:
            made = (
                f'<{tag} style="text-align:{side}">{html.escape(cell)}</{tag}>'
                for cell, side in zip(cells, sides, strict=True)
            )
            return f"<tr>{''.join(made)}</tr>"

        caption = '<caption style="text-align:left;white-space:nowrap">'
        notes = "".join(f"<div><small>{html.escape(note)}</small></div>" for note in self.notes)
        return (
            f"<div><table>{caption}{html.escape(self.title)}</caption>"
            f"<thead>{row(self.header, 'th')}</thead>"
            f"<tbody>{''.join(row(r, 'td') for r in self.rows)}</tbody></table>{notes}</div>"
        )


def _value(value: Any) -> str:
    """A value of CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(float(value)) if isinstance(value, float) else printable(str(value))


_LATEX = {
    **{c: f"\\{c}" for c in "&%$#_{}"},
    **{"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"},
    **{"<": "$<$", ">": "$>$", "|": r"\textbar{}", "±": r"$\pm$", "×": r"$\times$"},
    **{"σ": r"$\sigma$", "²": "$^2$", "√": r"$\surd$"},
}


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join("".join(_LATEX.get(c, c) for c in cell) for cell in cells) + r" \\"


def _comments(lines: Iterable[str]) -> list[str]:
    return [f"% {part}" for line in lines for part in line.splitlines()]


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
    """Widths of the columns; where they are too wide, the widest column of words is narrowed."""
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
