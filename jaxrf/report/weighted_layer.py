"""A layer with weights: what it reads, and what it adds to the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jaxrf.report.cells import per_axis
from jaxrf.report.units import unit
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.theory.layer_report import WeightedLayer

__all__ = ["HEADER", "row", "table", "to_dict"]

HEADER = ("layer", "op", "reads r", "narrowest", "adds")


def table(layer: WeightedLayer) -> TextTable:
    """One row: r of what the layer reads, of the narrowest path into it, and what it adds."""
    title = f"a layer with weights; lengths in input {unit(len(layer.growth))}"
    return TextTable(title, HEADER, (row(layer),), words=2)


def row(layer: WeightedLayer) -> tuple[str, ...]:
    """The cells of a layer."""
    numbers: tuple[Sequence[int | None], ...] = (layer.incoming, layer.narrowest, layer.growth)
    return (layer.name, layer.op, *(per_axis(_grown(values)) for values in numbers))


def _grown(values: Sequence[int | None]) -> list[int | str]:
    return ["grows" if v is None else v for v in values]


def to_dict(layer: WeightedLayer) -> dict[str, Any]:
    """Every number per axis; null where r grows with the position."""
    return {
        "name": layer.name,
        "op": layer.op,
        "incoming": list(layer.incoming),
        "narrowest": list(layer.narrowest),
        "growth": list(layer.growth),
    }
