"""A window some of whose taps lie outside, one row per dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.theory.unread_inputs import OutsideTaps

__all__ = ["table", "to_dict"]


def table(taps: OutsideTaps) -> TextTable:
    """Taps per dimension, and how many of them meet a real element."""
    pairs = zip(taps.kernel, taps.inside, strict=True)
    return TextTable(
        taps.label,
        ("dimension", "taps", "inside"),
        tuple((str(n), str(every), str(inside)) for n, (every, inside) in enumerate(pairs)),
    )


def to_dict(taps: OutsideTaps) -> dict[str, Any]:
    """JSON-ready."""
    return {"node": taps.label, "kernel": list(taps.kernel), "inside": list(taps.inside)}
