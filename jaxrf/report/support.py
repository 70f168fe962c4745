"""The set of inputs that one output feature can see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.geometry.support import Support

__all__ = ["table", "to_dict"]


def table(support: Support) -> TextTable:
    """A row for every axis: ends of the box, and indices touched."""
    ends = (
        [("-", "-")] * len(support.at)
        if support.box is None
        else [(str(i.low), str(i.high)) for i in support.box]
    )
    return TextTable(
        f"support of {support.endpoint} at {','.join(map(str, support.at))}: "
        f"{int(support.mask.sum())} input positions, {support.holes} holes in the box",
        ("axis", "first", "last", "touched"),
        tuple(
            (str(n), *those, str(count))
            for n, (those, count) in enumerate(zip(ends, support.count, strict=True))
        ),
    )


def to_dict(support: Support) -> dict[str, Any]:
    """JSON-ready: box, count per axis and holes."""
    box = support.box
    return {
        "endpoint": support.endpoint,
        "at": list(support.at),
        "box": None if box is None else [[i.low, i.high] for i in box],
        "count": list(support.count),
        "holes": support.holes,
    }
