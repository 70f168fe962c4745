"""Several models side by side, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jaxrf.frameworks.setting import Setting
from jaxrf.report.cells import giga, per_axis, shape_text, verdict
from jaxrf.report.json import SCHEMA, meta
from jaxrf.report.units import unit
from jaxrf.text.table import Records, TextTable

if TYPE_CHECKING:
    from jaxrf.comparison.models import Models
    from jaxrf.geometry.collection import Fields

__all__ = ["table", "to_dict"]


def table(models: Models) -> TextTable:
    """A row for every model."""
    rows, records = [], []
    for name, field, flops in models.shown():
        rows.append(
            (
                name,
                field.name,
                shape_text(field.shape or ()),
                *(per_axis(v) for v in (field.size, field.stride, field.padding)),
                verdict(field),
                giga(flops),
            )
        )
        records += [
            (name, field.name, a.axis, a.size, a.stride, a.padding, a.aligned, a.is_global)
            for a in field.axes
        ]
    axes = {len(field.axes) for _, field, _ in models.shown()}
    inputs = {name: _input(fields) for name, fields in models.items()}
    alike = f", {next(iter(inputs.values()))}" if len({*inputs.values()}) == 1 else ""
    return TextTable(
        f"{len(models)} models{alike}; r, S, P in input {unit(min(axes))}",
        ("model", "end-point", "shape", "r", "S", "P", "aligned", "GFLOP"),
        tuple(rows),
        words=2,
        notes=(*(() if alike else map(": ".join, inputs.items())), *_notes(models)),
        records=Records(
            ("model", "end-point", "axis", "r", "S", "P", "aligned", "global"), tuple(records)
        ),
    )


def to_dict(models: Models) -> dict[str, Any]:
    """The JSON of each model, by name."""
    documents = {name: fields.to_dict() for name, fields in models.items()}
    return {"schema": SCHEMA, "models": documents, "meta": meta()}


def _notes(models: Models) -> Iterator[str]:
    """Notes on each model: its call, its assumptions, and what is only bounded."""
    said: dict[str, list[str]] = {}
    for name, fields in models.items():
        setting = Setting(**fields.document["model"])
        bounded = [w for w in fields.document["warnings"] if w not in setting.assumed]
        for line in (*setting.calls, *bounded):
            said.setdefault(line, []).append(name)
    for line, names in said.items():
        yield line if len(names) == len(models) else f"{', '.join(names)}: {line}"


def _input(fields: Fields) -> str:
    return f"input {'x'.join(map(str, fields.document['input_shape']))}"
