"""The layers with weights below an end-point, against the size of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.report.units import unit
from jaxrf.report.weighted_layer import HEADER, row
from jaxrf.text.table import Records, TextTable

if TYPE_CHECKING:
    from jaxrf.theory.layer_report import WeightedLayers

__all__ = ["table", "to_dict"]


def table(found: WeightedLayers) -> TextTable:
    """One row per layer; which of them read more than the whole input along every path."""
    late = [layer for layer in found if layer.is_unproductive(found.size)]
    size = "x".join(map(str, found.size))
    axes = range(len(found.size))
    columns = [f"{name} {n}" for name in ("incoming", "narrowest", "growth") for n in axes]
    return TextTable(
        f"{len(found)} layers with weights below {found.endpoint}; lengths in input "
        f"{unit(len(found.size))}, the input has {size}",
        (*HEADER, "unproductive"),
        tuple((*row(a), "yes" if a.is_unproductive(found.size) else "no") for a in found),
        (f"unproductive: along every path, {len(late)} read more than the input has",),
        words=2,
        records=Records(
            ("layer", "op", *columns),
            tuple((a.name, a.op, *a.incoming, *a.narrowest, *a.growth) for a in found),
        ),
    )


def to_dict(found: WeightedLayers) -> dict[str, Any]:
    """The end-point, the size of the input, and every layer."""
    return {
        "endpoint": found.endpoint,
        "size": list(found.size),
        "layers": [
            {**layer.to_dict(), "unproductive": layer.is_unproductive(found.size)}
            for layer in found
        ],
    }
