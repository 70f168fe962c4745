"""The field of one end-point, a row for every axis of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.geometry.causality import in_words
from jaxrf.report.cells import extent, per_axis, phases_of, shape_text, verdict
from jaxrf.report.units import unit
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.geometry.field import Field

__all__ = ["table", "to_dict"]


def table(field: Field) -> TextTable:
    """One end-point, a row for every axis of the input."""
    rows = tuple(
        (
            f"axis {axis.axis}",
            per_axis([extent(axis)]),
            per_axis([axis.stride]),
            per_axis([axis.padding]),
            verdict(axis),
            in_words(axis.look_back, axis.causal),
            in_words(axis.look_ahead, axis.causal),
        )
        for axis in field.axes
    )
    word = unit(len(field.axes))
    shape = "" if field.shape is None else f" {shape_text(field.shape)}"
    notes = [phases_of(field, word)] if max((a.period for a in field.axes), default=1) > 1 else []
    notes += [f"global: {via}" for via in dict.fromkeys(field.global_via) if via]
    notes += [f"bounded by {what}" for what in dict.fromkeys(field.approximate) if what]
    return TextTable(
        f"{field.name}{shape}; r, S, P in input {word}",
        ("axis", "r", "S", "P", "aligned", "back", "ahead"),
        rows,
        tuple(notes),
    )


def to_dict(field: Field) -> dict[str, Any]:
    """Name, shape and axes, as in the JSON of ``jaxrf field``."""
    shape = None if field.shape is None else list(field.shape)
    return {"name": field.name, "shape": shape, "axes": [a.to_dict() for a in field.axes]}
