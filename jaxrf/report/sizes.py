"""Size-free results as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jaxrf.geometry.causality import in_words
from jaxrf.report.fields import common_scope
from jaxrf.report.json import SCHEMA, meta
from jaxrf.report.remarks import LINES, capped
from jaxrf.report.rows import shown_rows
from jaxrf.report.units import unit
from jaxrf.text.table import TextTable
from jaxrf.theory.sizes.describe import condition, say
from jaxrf.theory.sizes.result import (
    AxisAnswer,
    AxisSizes,
    EndpointSizes,
    Residue,
    SizeFreeAnalysis,
)

__all__ = ["endpoint_table", "residue_table", "sizes_dict", "sizes_table"]

_COLUMNS = {"size": "r", "stride": "S", "padding": "P", "aligned": "aligned"}
_LOOKS = {"look_back": "back", "look_ahead": "ahead"}  # along a single axis


def sizes_table(
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
        lines = [_cells(axis, columns, cases) for axis in endpoint.axes]
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
        tuple([f"({mark}) {where}" for where, mark in cases.items()])
        + (*_notes(analysis, chosen), *shown.notes),
    )


def endpoint_table(endpoint: EndpointSizes) -> TextTable:
    """One end-point, a row for every axis."""
    columns, cases = {**_COLUMNS, **_LOOKS}, dict[str, str]()
    rows = tuple((f"axis {a.axis}", *_cells(a, columns, cases)) for a in endpoint.axes)
    return TextTable(
        f"{endpoint.name}; r, S, P in input {unit(len(endpoint.axes))}, n is the length",
        ("axis", *columns.values(), "known"),
        rows,
        tuple(f"({mark}) {where}" for where, mark in cases.items()),
    )


def _columns(analysis: SizeFreeAnalysis) -> dict[str, str]:
    """What is said of an axis -> the head of its column."""
    looks = _LOOKS if len(analysis.spatial_axes) == 1 else {}
    return {**_COLUMNS, **looks}


def _cells(axis: AxisSizes, columns: Iterable[str], cases: dict[str, str]) -> tuple[str, ...]:
    """One axis of an end-point; ``cases`` collects what is too long for a cell."""
    cells = []
    for name in columns:
        values = {r.residue: _value(r.answer, name) for r in axis.residues if r.answer is not None}
        said = say(values, axis.modulus)
        mark = cases.setdefault(said.where, chr(ord("a") + len(cases) % 26)) if said.where else ""
        cells.append(f"{said.text} ({mark})" if mark else said.text)
    return (*cells, _known(axis))


def _value(answer: AxisAnswer, name: str) -> Any:
    """A number, or a word."""
    if name == "aligned":
        return _aligned(answer)
    value = getattr(answer, name)
    return in_words(None, answer.causal) if value is None and name in _LOOKS else value


def _aligned(answer: AxisAnswer) -> str:
    return "global" if answer.is_global else ("yes" if answer.aligned else "no")


def _known(axis: AxisSizes) -> str:
    if any(r.evidence == "varies" for r in axis.residues):
        return "varies"
    if axis.refused:
        return "refused"
    if axis.only is not None:
        return f"n = {axis.only}"
    return "proved" if axis.proved else "checked"


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
    """Which lengths the model takes, axes of one rule together, and what it raises elsewhere."""
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
                values = [None if answer is None else _value(answer, name) for name in columns]
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


def sizes_dict(
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
        "endpoints": [
            {"name": e.name, "proved": e.proved, "axes": [_axis_dict(a) for a in e.axes]}
            for e in chosen
        ],
        "output": analysis.names[-1],
        "notes": list(analysis.notes),
        "meta": meta(),
    }


def _axis_dict(axis: AxisSizes) -> dict[str, Any]:
    """Numbers that all lengths share, null elsewhere; ``residues`` has one entry for all if so."""
    entries = [_residue_dict(r) for r in axis.residues]
    first = {key: value for key, value in entries[0].items() if key != "residue"}
    same = all({**entry, "residue": 0} == {**first, "residue": 0} for entry in entries)
    return {
        "axis": axis.axis,
        "size": axis.size,
        "stride": None if axis.stride is None else str(axis.stride),
        "padding": axis.padding,
        "aligned": axis.aligned,
        "look_back": axis.look_back,
        "look_ahead": axis.look_ahead,
        "causal": axis.causal,
        "global": any(a.is_global for a in axis.answers),
        "depends": list(axis.depends),
        "only": axis.only,
        "proved": axis.proved,
        "modulus": 1 if same else axis.modulus,
        "residues": [{**first, "residue": 0}] if same else entries,
    }


def _residue_dict(entry: Residue) -> dict[str, Any]:
    answer = entry.answer
    result: dict[str, Any] = {
        "residue": entry.residue,
        "known": entry.evidence,
        "lengths": list(entry.lengths),
        "problem": entry.problem or None,
    }
    if answer is not None:
        result |= {
            "size": answer.size,
            "stride": None if answer.stride is None else str(answer.stride),
            "padding": answer.padding,
            "aligned": answer.aligned,
            "look_back": answer.look_back,
            "look_ahead": answer.look_ahead,
            "causal": answer.causal,
            "global": answer.is_global,
            "global_via": answer.via,
            "approximate": answer.approximate,
            "period": answer.period,
            "phases": [{"low": p.low, "high": p.high} for p in answer.phases],
        }
    return result
