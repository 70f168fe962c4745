"""The remarks below a table of fields: what its columns cannot show, in a few lines each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from jaxrf.geometry.causality import in_words
from jaxrf.geometry.misalignment import Misalignment, by_line
from jaxrf.report.units import unit_of
from jaxrf.theory.notes import independent_of, setting_notes, several_outputs

if TYPE_CHECKING:
    from jaxrf.geometry.field import AxisField, Field, Piece
    from jaxrf.theory.analysis import Analysis

__all__ = ["LINES", "capped", "remarks"]

LINES = 4  # of one kind of note
_PIECES = 8  # maps side by side, in one note


def remarks(analysis: Analysis, names: Sequence[str], *, whole: bool) -> list[str]:
    """Every line below a table of these end-points.

    Args:
        analysis: of the model.
        names: of the end-points.
        whole: whether they are all that there are, so that the outputs of the model are told apart.
    """
    lines = _grid_notes(analysis, names[-1]) + _summary_notes(analysis, names)
    word = unit_of(analysis)
    lines += _causality_notes([analysis[name] for name in names], word)
    lines += _misaligned_notes(analysis.misaligned, word)
    bounded = [f"bounded only, no rule for {what}" for what in analysis.approximate]
    lines += capped(bounded, 2 * LINES, "operations without a rule, see -f json")
    lines += _reading_notes(analysis, names[-1])
    lines += setting_notes(analysis)
    if whole and len(analysis.outputs) > 1:
        lines.append(several_outputs(analysis))
    if whole and analysis.independent:
        lines.append(independent_of(analysis))
    return lines


def capped(lines: Iterable[str], most: int, what: str) -> list[str]:
    """The first lines, and how many more there are.

    >>> capped(["a", "b", "c"], 1, "letters")
    ['a', '(2 more letters)']
    """
    lines = list(lines)
    return lines[:most] + ([f"({len(lines) - most} more {what})"] if len(lines) > most else [])


def _grid_notes(analysis: Analysis, name: str) -> list[str]:
    """Notes on positions of end-points one dimension of which holds several axes."""
    grid = analysis.output_grid(name)
    if grid.row is not None:
        lengths = "x".join(map(str, grid.row))
        return [
            f"{name}: a {lengths} grid in a row; a position is an index per axis, or one for all"
        ]
    dims = [d for d in grid.dims if d is not None]
    if len(set(dims)) < len(dims):
        return [
            f"{name}: dimension {dims[0]} follows several axes; a position is one index along it"
        ]
    return []


def _summary_notes(analysis: Analysis, names: Sequence[str]) -> list[str]:
    """Why a summary is not all that there is to say, the output first."""
    lines: dict[str, None] = {}
    for name in reversed(names):
        for axis in analysis[name].axes:
            said = [f"r {_pieces(axis.pieces)}"] if axis.pieces else []
            lines.update(dict.fromkeys(f"{name}: {note}" for note in (*said, *axis.notes)))
    return capped(lines, LINES, "notes about summaries, see -f json")


def _pieces(pieces: Sequence[Piece]) -> str:
    """The fields of maps that lie side by side."""
    shown = [f"{p.size} (outputs {p.first} to {p.last})" for p in pieces]
    return ", ".join(capped(shown, _PIECES, "pieces"))


def _causality_notes(fields: Sequence[Field], word: str) -> list[str]:
    """Notes on causality beyond the columns: causal axes among several, and borders."""
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
                    f"{most} input {word} ahead",
                ]
    return notes


def _is_causal(axis: AxisField) -> bool:
    """Whether outputs look back by a hop or more, and not ahead.

    A centred window of stride 2 looks no further than its own hop, and nobody calls it causal.
    """
    back = axis.look_back
    return axis.causal is True and (back is None or back >= max(1, axis.stride or 0))


def _misaligned_notes(joins: Sequence[Misalignment], word: str) -> list[str]:
    """The first joins that are misaligned, one line of the model each."""
    lines = by_line(joins)
    notes = [
        f"misaligned: {join.sentence_in(word)}"
        f"{f' ({count} joins on this line)' if count > 1 else ''}"
        for join, count in lines[:LINES]
    ]
    more = sum(count for _, count in lines[LINES:])
    return [*notes, f"({more} more misaligned joins, see -f json)"] if more else notes


def _reading_notes(analysis: Analysis, name: str) -> list[str]:
    """Notes on inputs that an end-point never reads, and on taps that meet only padding."""
    unread = analysis.unread(name)
    taps = [window.sentence for window in analysis.outside_taps(name)]
    return ([unread.sentence] if unread.count else []) + capped(
        dict.fromkeys(taps), LINES, "windows with taps outside, see -f json"
    )
