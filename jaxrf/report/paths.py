"""The field of an end-point in every feature map that reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.arguments.names import some
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.theory.solve.paths import Paths

__all__ = ["table", "to_dict"]


def table(paths: Paths) -> TextTable:
    """A row for every feature map: r, S and P of the end-point in it."""
    rows = tuple(
        (name, *("-" if v is None else str(v) for v in (f.size, f.stride, f.padding)))
        for name, f in paths.maps.items()
    )
    notes = [f"misaligned: {join.sentence}" for join in paths.misaligned[:4]]
    if len(paths.misaligned) > len(notes):
        notes.append(f"({len(paths.misaligned) - len(notes)} more misaligned joins)")
    if paths.opaque:
        notes.append(f"paths left out, not windows: {some(paths.opaque)}")
    title = "the end-point in every feature map that reaches it"
    return TextTable(title, ("feature map", "r", "S", "P"), rows, tuple(notes))


def to_dict(paths: Paths) -> dict[str, Any]:
    """JSON-ready: fields by feature map, misaligned joins, and what is no window."""
    return {
        "maps": {name: field.to_dict() for name, field in paths.maps.items()},
        "misaligned": [join.to_dict() for join in paths.misaligned],
        "opaque": list(paths.opaque),
    }
