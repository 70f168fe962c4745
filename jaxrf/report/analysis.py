"""The table and JSON of an analysis: one row per end-point, as in the article's table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from jaxrf.arguments.names import some
from jaxrf.geometry.causality import in_words
from jaxrf.report.cells import (
    common_scope,
    extent,
    giga,
    per_axis,
    phases_of,
    shape_text,
    verdict,
)
from jaxrf.report.grouped import Row, in_calls, merged, together
from jaxrf.report.json import SCHEMA, meta
from jaxrf.report.remarks import LINES, capped, remarks
from jaxrf.report.rows import shown_rows
from jaxrf.report.units import checked_rate, milliseconds, unit_of
from jaxrf.text.table import Records, TextTable
from jaxrf.theory.notes import warnings

if TYPE_CHECKING:
    from jaxrf.geometry.field import AxisField, Field
    from jaxrf.theory.analysis import Analysis

__all__ = ["SCREEN", "endpoint_dict", "table", "to_dict"]

SCREEN = 40  # rows that can be read at once


def table(
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
            phases.setdefault(phases_of(field, unit_of(analysis)), []).append(part)
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
    """The row of a part of the model, for one call or for all of its calls."""
    cells = [_cells(analysis, name, rate) for name in names]
    said = cells[0] if len(cells) == 1 else together(cells)
    return Row(part, tuple(names), said, part[len(root) :])


def _cells(analysis: Analysis, name: str, rate: float | None) -> tuple[str, ...]:
    """The cells of an end-point between its name and its cost."""
    field = analysis[name]
    times: tuple[str, ...] = ()
    if rate is not None:
        stride = field.stride[0]
        times = (milliseconds(field.size[0], rate), milliseconds(stride, rate))
    return (
        _shape(analysis, name),
        per_axis([extent(a) for a in field.axes]),
        per_axis(field.stride),
        per_axis(field.padding),
        verdict(field),
        *_looks(field),
        *times,
    )


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


def _looks(field: Field) -> tuple[str, ...]:
    """Two cells: how far a field along a single axis looks back and ahead."""
    if len(field.axes) > 1:
        return ()
    (axis,) = field.axes
    return tuple(in_words(v, axis.causal) for v in (axis.look_back, axis.look_ahead))


def _input(analysis: Analysis) -> str:
    """Note on the input that the fields are in, where there are several."""
    return f"with respect to {analysis.input} " if len(analysis.inputs) > 1 else "input "


def _shape(analysis: Analysis, name: str) -> str:
    """The shape of an end-point in words; of one that is not known, what is known of it."""
    return analysis.traced.unknown_shapes.get(name) or shape_text(analysis.endpoint_shape(name))


def to_dict(
    analysis: Analysis, *, only: str | None = None, target: str | None = None
) -> dict[str, Any]:
    """The whole analysis; ``only`` keeps one end-point."""
    names = analysis.names if only is None else (analysis.find(only),)
    endpoints = [endpoint_dict(analysis, name) for name in names]
    return {
        "schema": SCHEMA,
        "target": target or analysis.traced.network.name,
        "input": analysis.input,
        "input_shape": list(analysis.shape),
        "inputs": [
            {"name": i.name, "shape": list(i.shape), "dtype": str(i.dtype)}
            for i in analysis.traced.inputs
        ],
        "spatial_axes": list(analysis.spatial_axes),
        "endpoints": endpoints,
        "output": analysis.names[-1],
        "outputs": list(analysis.outputs),
        "independent": list(analysis.independent),
        "unread": analysis.unread(names[-1]).to_dict(),
        "outside_taps": [taps.to_dict() for taps in analysis.outside_taps(only)],
        "approximate": list(analysis.approximate),
        "misaligned": [m.to_dict() for m in analysis.misaligned],
        "warnings": warnings(analysis),
        "model": analysis.setting.to_dict(),
        "meta": meta(),
    }


def endpoint_dict(analysis: Analysis, name: str) -> dict[str, Any]:
    """One end-point with its axes."""
    field = analysis[name]
    return {
        "name": name,
        "shape": list(analysis.endpoint_shape(name)),
        "flops": analysis.flops(name),
        "axes": [axis.to_dict() for axis in field.axes],
    }
