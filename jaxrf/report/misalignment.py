"""A join whose operands look at different places, one row per axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.geometry.misalignment import Misalignment

__all__ = ["table", "to_dict"]


def table(join: Misalignment) -> TextTable:
    """Strides of the two operands and the distance of their centres along every axis."""
    first, second = join.operands
    rows = tuple(
        (f"axis {m.axis}", *("-" if s is None else str(s) for s in m.strides), _offsets(m))
        for m in (join, *join.further)
    )
    where = f" at {join.source}" if join.source else ""
    return TextTable(
        f"{join.node}{where}: {first} and {second} are not aligned",
        ("axis", "S of the first", "S of the second", "second minus first"),
        rows,
    )


def _offsets(join: Misalignment) -> str:
    low, high = join.offsets
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def to_dict(join: Misalignment) -> dict[str, Any]:
    """JSON-ready; strides as fractions in text, one entry of ``axes`` for every axis."""
    return {
        "node": join.node,
        **_numbers(join),
        "source": join.source,
        "axes": [_numbers(m) for m in (join, *join.further)],
    }


def _numbers(join: Misalignment) -> dict[str, Any]:
    return {
        "operands": list(join.operands),
        "strides": [None if s is None else str(s) for s in join.strides],
        "offsets": list(join.offsets),
        "axis": join.axis,
    }
