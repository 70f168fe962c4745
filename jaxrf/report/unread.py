"""The inputs that no output of an end-point reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.theory.unread_inputs import Unread

__all__ = ["table", "to_dict"]


def table(unread: Unread) -> TextTable:
    """A row for every axis: indices at which nothing is read, wherever along the others."""
    found = zip(unread.axes, unread.indices, unread.mask.shape, strict=True)
    return TextTable(
        f"{unread.endpoint}: {unread.count} of {unread.mask.size} input positions are never read",
        ("axis", "indices never read", "length"),
        tuple((str(axis), str(len(those)), str(n)) for axis, those, n in found),
    )


def to_dict(unread: Unread) -> dict[str, Any]:
    """JSON-ready: positions, their share, and whole indices per axis."""
    return {
        "endpoint": unread.endpoint,
        "count": unread.count,
        "share": unread.share,
        "axes": [
            {"axis": axis, "count": len(found), "length": length}
            for axis, found, length in zip(
                unread.axes, unread.indices, unread.mask.shape, strict=True
            )
        ],
    }
