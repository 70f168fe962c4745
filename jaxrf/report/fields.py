"""The tables of theory: the fields of end-points, and supports against measurement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jaxrf.arguments.names import some
from jaxrf.geometry.causality import in_words
from jaxrf.report.grouped import Row, in_calls, merged, together
from jaxrf.report.remarks import LINES, capped, remarks
from jaxrf.report.rows import shown_rows
from jaxrf.report.units import checked_rate, milliseconds, unit, unit_of
from jaxrf.text.table import Records, TextTable, plain_text

if TYPE_CHECKING:
    from jaxrf.geometry.field import AxisField, Field
    from jaxrf.measure.support import MeasuredSupport
    from jaxrf.theory.analysis import Analysis

__all__ = [
    "LINES",
    "TextTable",
    "axes_table",
    "capped",
    "common_scope",
    "field_table",
    "per_axis",
    "plain_text",
    "shape_text",
    "support_table",
]


SCREEN = 40  # rows that can be read at once


def giga(flops: int) -> str:
    """In units of 1e9, small ones as a power of ten."""
    return f"{flops / 1e9:.2f}" if flops >= 5e6 or not flops else f"{flops / 1e9:.0e}"


def field_table(
    analysis: Analysis,
    *,
    only: str | None = None,
    most: int | None = None,
    rate: float | None = None,
) -> TextTable:
    """r, S, P and alignment of every end-point, as the article's table.

    Along a single axis also how far each looks back and ahead; of several axes a note says so,
    where the output is causal along one.

    Args:
        analysis: of the model.
        only: this end-point alone.
        most: rows; see :func:`jaxrf.report.rows.shown_rows`. With it, the calls of a recurrent part
            are one row, and so are neighbours that say the same, where rows are more than a screen
            has; None is a row for every end-point.
        rate: input samples per second, for r and S in milliseconds too; needs a single axis.

    Raises:
        InvalidInput: no such end-point, or a rate that cannot be used.
    """
    checked_rate(rate, len(analysis.spatial_axes))
    names = analysis.names if only is None else (analysis.find(only),)
    parts = {n: (n,) for n in names} if most is None else in_calls(names, analysis.outputs)
    root = common_scope(names)
    rows = [_row(analysis, part, those, root, rate) for part, those in parts.items()]
    if most is not None and len(rows) > min(most, SCREEN):
        rows = merged(rows, analysis.outputs)
    shown = shown_rows([row.part for row in rows], most, analysis.outputs, of=len(names))
    rows = [row for row in rows if row.part in set(shown.names)]
    vias: dict[str, None] = {}
    phases: dict[str, list[str]] = {}
    for part, those in ((row.part, row.names) for row in rows):
        field = analysis[those[-1]]
        vias.update((f"global: {via}", None) for via in field.global_via if via)
        if max(a.period for a in field.axes) > 1:
            phases.setdefault(_phases(field, unit_of(analysis)), []).append(part)
    notes = capped(vias, LINES, "global operations, see -f json")
    alike = [f"{some(those, LINES)}: {what}" for what, those in phases.items()]
    notes += capped(alike, LINES, "end-points with phases, see -f json")
    notes += remarks(analysis, names, whole=only is None)
    notes += shown.notes
    shape = "x".join(map(str, analysis.shape))
    below = f"; names below {root}" if root else ""
    return TextTable(
        f"{analysis.traced.network.name}, {_input(analysis)}{shape}; "
        f"r, S, P in input {unit_of(analysis)}{below}",
        (
            *("end-point", "shape", "r", "S", "P", "aligned"),
            *(("back", "ahead") if len(analysis.spatial_axes) == 1 else ()),
            *(("r ms", "S ms") if rate is not None else ()),
            "GFLOP",
        ),
        tuple((row.text, *row.cells, giga(analysis.flops(row.names[-1]))) for row in rows),
        tuple(notes),
        records=_records(analysis, names, rate),
    )


def _row(analysis: Analysis, part: str, names: Sequence[str], root: str, rate: float | None) -> Row:
    """What a part of the model says, in one call or in all of its calls."""
    cells = [_cells(analysis, name, rate) for name in names]
    said = cells[0] if len(cells) == 1 else together(cells)
    return Row(part, tuple(names), said, part[len(root) :])


def _cells(analysis: Analysis, name: str, rate: float | None) -> tuple[str, ...]:
    """What the table says of an end-point beside its name and its cost."""
    field = analysis[name]
    times: tuple[str, ...] = ()
    if rate is not None:
        stride = field.stride[0]
        times = (milliseconds(field.size[0], rate), milliseconds(stride, rate))
    return (
        _shape(analysis, name),
        per_axis(["grows" if _grows(a) else a.size for a in field.axes]),
        per_axis(field.stride),
        per_axis(field.padding),
        "global" if field.is_global else ("yes" if field.aligned else "no"),
        *_looks(field),
        *times,
    )


def _grows(axis: AxisField) -> bool:
    """Whether the extent has no bound: it grows with the position."""
    if axis.size is not None or axis.pieces or not axis.phases:
        return False
    return axis.growing or (axis.stride is None and axis.look.causal is not None)


def _records(analysis: Analysis, names: Sequence[str], rate: float | None) -> Records:
    """One row for every end-point, one column for every number."""
    axes = analysis.spatial_axes
    ends = [""] if len(axes) == 1 else [f" axis {axis}" for axis in axes]
    columns = ["r", "S", "P", "aligned", "global", "back", "ahead"]
    columns += ["r ms", "S ms"] if rate is not None else []
    header = [f"{column}{end}" for column in columns for end in ends]

    def values(name: str) -> Iterator[Any]:
        for column in columns:
            for axis in analysis[name].axes:
                yield _value(axis, column, rate)

    rows = tuple(
        (name, _shape(analysis, name), *values(name), analysis.flops(name)) for name in names
    )
    return Records(("end-point", "shape", *header, "FLOP"), rows)


def _value(axis: AxisField, column: str, rate: float | None) -> Any:
    """One value of one axis."""
    if column.endswith(" ms"):
        value: Any = axis.size if column[0] == "r" else axis.stride
        return None if value is None or rate is None else 1000 * float(value) / rate
    return {
        "r": axis.size,
        "S": axis.stride,
        "P": axis.padding,
        "aligned": axis.aligned,
        "global": axis.is_global,
        "back": in_words(axis.look_back, axis.causal, unknown=""),
        "ahead": in_words(axis.look_ahead, axis.causal, unknown=""),
    }[column]


def axes_table(field: Field) -> TextTable:
    """One end-point, a row for every axis of the input."""
    rows = tuple(
        (
            f"axis {axis.axis}",
            "grows" if _grows(axis) else per_axis([axis.size]),
            per_axis([axis.stride]),
            per_axis([axis.padding]),
            "global" if axis.is_global else ("yes" if axis.aligned else "no"),
            in_words(axis.look_back, axis.causal),
            in_words(axis.look_ahead, axis.causal),
        )
        for axis in field.axes
    )
    word = unit(len(field.axes))
    shape = "" if field.shape is None else f" {shape_text(field.shape)}"
    notes = [_phases(field, word)] if max((a.period for a in field.axes), default=1) > 1 else []
    notes += [f"global: {via}" for via in dict.fromkeys(field.global_via) if via]
    notes += [f"bounded by {what}" for what in dict.fromkeys(field.approximate) if what]
    return TextTable(
        f"{field.name}{shape}; r, S, P in input {word}",
        ("axis", "r", "S", "P", "aligned", "back", "ahead"),
        rows,
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


def _shape(analysis: Analysis, name: str) -> str:
    """The shape of an end-point in words; of one that is not known, what is known of it."""
    return analysis.traced.unknown_shapes.get(name) or shape_text(analysis.endpoint_shape(name))


def shape_text(shape: tuple[int, ...]) -> str:
    """Without a batch of 1; a scalar has no axes."""
    return "x".join(map(str, shape[1:] if shape[:1] == (1,) else shape)) or "scalar"


def common_scope(names: Sequence[str]) -> str:
    """The scope that all of several names share, with its slash; outputs keep theirs."""
    scopes = {name.partition("/")[0] + "/" for name in names}
    shared = len(names) > 1 and len(scopes) == 1 and scopes != {"output/"}
    return scopes.pop() if shared else ""


def _phases(field: Field, word: str) -> str:
    axis = max(field.axes, key=lambda a: a.period)
    reach = ", ".join(f"[{low:g}, {high:g}]" for low, high in axis.reach[:8])
    more = ", ..." if axis.period > 8 else ""
    return f"{axis.period} phases, reaching {reach}{more} {word} from u S"


def per_axis(values: Sequence[int | str | Fraction | None]) -> str:
    """One text where all axes agree."""
    texts = ["-" if v is None else str(v) for v in values]
    return texts[0] if len(set(texts)) == 1 else ",".join(texts)


def support_table(named: Sequence[tuple[str, MeasuredSupport]]) -> TextTable:
    """Theory against measurement, one row a feature."""
    rows, notes, records = [], [], []
    for label, measured in named:
        exact, found, plain = measured.exact, measured.support, measured.plain
        counts = [None if s is None else int(s.mask.sum()) for s in (exact, found, plain)]
        verdict = "equal" if measured.equal else f"-{measured.missing} +{measured.excess}"
        at = ",".join(map(str, exact.at))
        rows.append((f"{label} {at}", _box(exact.box), *map(_count, counts), verdict))
        box = exact.box or (None,) * exact.mask.ndim
        ends = [e for i in box for e in ((None, None) if i is None else (i.low, i.high))]
        records.append(
            (label, exact.endpoint, *exact.at, *ends, *counts, measured.missing, measured.excess)
        )
        if exact.holes:
            count = "x".join(map(str, exact.count))
            notes.append(f"{label}: {exact.holes} holes in the box, {count} indices touched")
        notes += measured.setting.lines
        if measured.unmeasured:
            notes.append(f"no plain gradient: {measured.unmeasured}")
    axes = range(named[0][1].exact.mask.ndim) if named else range(0)
    return TextTable(
        f"support in input {unit(len(axes))}: exact theory, measured, plain gradient",
        ("feature", "exact box", "exact", "measured", "plain", "verdict"),
        tuple(rows),
        tuple(dict.fromkeys(notes)),
        records=Records(
            (
                *("feature", "end-point", *(f"at {n}" for n in axes)),
                *(f"{end} {n}" for n in axes for end in ("low", "high")),
                *("exact", "measured", "plain", "missing", "excess"),
            ),
            tuple(records),
        ),
    )


def _count(count: int | None) -> str:
    return "-" if count is None else str(count)


def _box(box) -> str:
    return "empty" if box is None else " ".join(f"[{i.low}, {i.high}]" for i in box)
