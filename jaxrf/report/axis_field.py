"""The field along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.geometry.field import Field
from jaxrf.report import field as of_all_axes
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.geometry.field import AxisField
    from jaxrf.geometry.interval import Interval

__all__ = ["table", "to_dict"]


def table(axis: AxisField) -> TextTable:
    """One row: r, S, P, alignment, and how far outputs look."""
    return of_all_axes.table(Field("field", None, (axis,)))


def to_dict(field: AxisField) -> dict[str, Any]:
    """The field along one axis; ``support`` is empty where no array was traced."""
    exact = field.exact or (None,)
    return {
        "axis": field.axis,
        "size": field.size,
        "stride": None if field.stride is None else str(field.stride),
        "padding": field.padding,
        "aligned": field.aligned,
        "global": field.is_global,
        "global_via": field.global_via,
        "approximate": field.approximate,
        "period": field.period,
        "phases": [{"low": p.low, "high": p.high} for p in field.phases],
        "reach": [list(ends) for ends in field.reach],
        "look_back": field.look_back,
        "look_ahead": field.look_ahead,
        "causal": field.causal,
        "looks": [None if ends is None else list(ends) for ends in field.looks],
        "support": {
            "first": _ends(exact[0]),
            "center": _ends(exact[len(exact) // 2]),
            "last": _ends(exact[-1]),
        },
        "pieces": [{"first": p.first, "last": p.last, "size": p.size} for p in field.pieces],
        "notes": list(field.notes),
    }


def _ends(interval: Interval | None) -> list[int] | None:
    return None if interval is None else [interval.low, interval.high]
