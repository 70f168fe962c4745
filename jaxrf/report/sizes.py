"""The fields of all end-points for every length of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.report.axis_sizes import COLUMNS, LOOKS, cells, value
from jaxrf.report.cells import common_scope
from jaxrf.report.json import SCHEMA, meta
from jaxrf.report.remarks import LINES, capped
from jaxrf.report.rows import shown_rows
from jaxrf.report.units import unit
from jaxrf.text.table import TextTable
from jaxrf.theory.sizes.describe import condition

if TYPE_CHECKING:
    from jaxrf.theory.sizes.result import AxisSizes, EndpointSizes, Residue, SizeFreeAnalysis

__all__ = ["residue_table", "table", "to_dict"]


def table(
    analysis: SizeFreeAnalysis, *, only: str | None = None, most: int | None = None
) -> TextTable:
    """r, S, P and alignment of every end-point; where they depend on the length n, how.

    Along a single axis also how far each looks back and ahead.

    Args:
        analysis: of the model.
        only: this end-point alone.
        most: end-points; see :func:`jaxrf.report.rows.shown_rows`.
    """
    columns = _columns(analysis)
    names = analysis.names if only is None else (analysis.find(only),)
    shown = shown_rows(names, most, names[-1:])
    chosen, root = [analysis[name] for name in shown.names], common_scope(names)
    cases: dict[str, str] = {}
    rows = []
    for endpoint in chosen:
        name = endpoint.name[len(root) :]
        lines = [cells(axis, columns, cases) for axis in endpoint.axes]
        if len(set(lines)) == 1:
            rows.append((name, *lines[0]))
        else:
            rows += [
                (f"{name} axis {axis.axis}", *line)
                for axis, line in zip(endpoint.axes, lines, strict=True)
            ]
    below = f"; names below {root}" if root else ""
    return TextTable(
        f"{analysis.model}, input {_shape(analysis.shape)}; r, S, P in input "
        f"{unit(len(analysis.spatial_axes))}, "
        f"n is the length of the axis{below}",
        ("end-point", *columns.values(), "known"),
        tuple(rows),
        (
            *(f"({mark}) {where}" for where, mark in cases.items()),
            *_notes(analysis, chosen),
            *shown.notes,
        ),
    )


def _columns(analysis: SizeFreeAnalysis) -> dict[str, str]:
    """Key of a value of an axis -> the head of its column."""
    looks = LOOKS if len(analysis.spatial_axes) == 1 else {}
    return {**COLUMNS, **looks}


def _notes(analysis: SizeFreeAnalysis, chosen: list[EndpointSizes]) -> list[str]:
    axes = [axis for endpoint in chosen for axis in endpoint.axes]
    notes = list(analysis.notes)
    notes += _refusals(axes)
    varies = [[r for r in axis.residues if r.evidence == "varies"] for axis in axes]
    problems = [f"axis {a.axis}: {v[0].problem}" for a, v in zip(axes, varies, strict=True) if v]
    notes += capped(dict.fromkeys(problems), LINES, "of this kind, see -f json")
    vias = (f"global: {answer.via}" for axis in axes for answer in axis.answers if answer.via)
    notes += capped(dict.fromkeys(vias), LINES, "global operations, see -f json")
    least = [a.least for a in axes if a.least is not None and a.only is None]
    if least:
        notes.append(f"proved: for every length from {max(least)} on")
    checked = [r for a in axes for r in a.residues if r.evidence == "checked"]
    if checked:
        lengths = sorted({n for r in checked for n in r.lengths})
        notes.append(
            f"checked: two lengths of every residue agree ({lengths[0]} to {lengths[-1]}), no proof"
        )
    return list(dict.fromkeys(notes))


def _refusals(axes: list[AxisSizes]) -> list[str]:
    """The lengths that the model takes, axes with one rule together, and its errors elsewhere."""
    rules: dict[str, tuple[set[int], Residue]] = {}
    for axis in axes:
        refused = [r for r in axis.residues if r.evidence == "refused"]
        if refused:
            taken = [r.residue for r in axis.residues if r.evidence != "refused"]
            rule = condition(taken, axis.modulus) if taken else ""
            rules.setdefault(rule, (set(), refused[0]))[0].add(axis.axis)
    return [
        f"axis {', '.join(map(str, sorted(those)))}: "
        f"{f'needs a length that is {rule}; elsewhere, ' if rule else 'refused: '}{first.problem}"
        for rule, (those, first) in rules.items()
    ]


def _shape(shape: tuple[int | None, ...]) -> str:
    return "x".join("?" if n is None else str(n) for n in shape)


def residue_table(analysis: SizeFreeAnalysis, *, only: str | None = None) -> TextTable:
    """One row for every end-point, axis and residue, for CSV."""
    chosen = [analysis[only]] if only is not None else list(analysis.endpoints)
    columns, rows = _columns(analysis), []
    for endpoint in chosen:
        for axis in endpoint.axes:
            for entry in axis.residues:
                answer = entry.answer
                values = [None if answer is None else value(answer, name) for name in columns]
                rows.append(
                    (
                        endpoint.name,
                        str(axis.axis),
                        str(axis.modulus),
                        str(entry.residue),
                        *("" if v is None else str(v) for v in values),
                        entry.evidence,
                        " ".join(map(str, entry.lengths)),
                    )
                )
    header = ("end-point", "axis", "modulus", "residue", *columns.values(), "known", "lengths")
    return TextTable(analysis.model, header, tuple(rows))


def to_dict(
    analysis: SizeFreeAnalysis, *, only: str | None = None, target: str | None = None
) -> dict[str, Any]:
    """The JSON of ``jaxrf field`` with free lengths: null in ``input_shape``."""
    chosen = [analysis[only]] if only is not None else list(analysis.endpoints)
    return {
        "schema": SCHEMA,
        "target": target or analysis.model,
        "input": analysis.input,
        "input_shape": list(analysis.shape),
        "spatial_axes": list(analysis.spatial_axes),
        "endpoints": [endpoint.to_dict() for endpoint in chosen],
        "output": analysis.names[-1],
        "notes": list(analysis.notes),
        "meta": meta(),
    }
