"""The field along one axis for every length: its cells, and its JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jaxrf.geometry.causality import in_words
from jaxrf.report.cells import verdict
from jaxrf.report.units import unit
from jaxrf.text.table import TextTable
from jaxrf.theory.sizes.describe import describe

if TYPE_CHECKING:
    from jaxrf.theory.sizes.result import AxisAnswer, AxisSizes, Residue

__all__ = ["COLUMNS", "LOOKS", "cells", "table", "table_of", "to_dict", "value"]

COLUMNS = {"size": "r", "stride": "S", "padding": "P", "aligned": "aligned"}
LOOKS = {"look_back": "back", "look_ahead": "ahead"}  # along a single axis


def table(axis: AxisSizes) -> TextTable:
    """The numbers along the axis."""
    return table_of(f"axis {axis.axis}", (axis,))


def table_of(name: str, axes: tuple[AxisSizes, ...]) -> TextTable:
    """A row for every axis of an end-point."""
    columns, cases = {**COLUMNS, **LOOKS}, dict[str, str]()
    rows = tuple((f"axis {a.axis}", *cells(a, columns, cases)) for a in axes)
    return TextTable(
        f"{name}; r, S, P in input {unit(len(axes))}, n is the length",
        ("axis", *columns.values(), "known"),
        rows,
        tuple(f"({mark}) {where}" for where, mark in cases.items()),
    )


def to_dict(axis: AxisSizes) -> dict[str, Any]:
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


def cells(axis: AxisSizes, columns: Iterable[str], cases: dict[str, str]) -> tuple[str, ...]:
    """One axis of an end-point; ``cases`` collects what is too long for a cell."""
    texts = []
    for name in columns:
        values = {r.residue: value(r.answer, name) for r in axis.residues if r.answer is not None}
        said = describe(values, axis.modulus)
        mark = cases.setdefault(said.where, chr(ord("a") + len(cases) % 26)) if said.where else ""
        texts.append(f"{said.text} ({mark})" if mark else said.text)
    return (*texts, _known(axis))


def value(answer: AxisAnswer, name: str) -> Any:
    """A number, or a word."""
    if name == "aligned":
        return verdict(answer)
    found = getattr(answer, name)
    return in_words(None, answer.causal) if found is None and name in LOOKS else found


def _known(axis: AxisSizes) -> str:
    if any(r.evidence == "varies" for r in axis.residues):
        return "varies"
    if axis.refused:
        return "refused"
    if axis.only is not None:
        return f"n = {axis.only}"
    return "proved" if axis.proved else "checked"
