"""A restriction: what of every input it reads, what it costs, and what is computed whole."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from jaxrf.report.cells import giga
from jaxrf.text.table import Records, TextTable

if TYPE_CHECKING:
    from jaxrf.restriction.restrict import Restriction

__all__ = ["table", "to_dict"]


def table(restriction: Restriction) -> TextTable:
    """One row per input, then the feature map and the operations, each beside its whole."""
    rows, records = [], []
    wholes = {i.name: tuple(i.shape) for i in restriction.analysis.traced.inputs}
    for name, box in restriction.inputs.items():
        rows.append(_row(name, box, wholes[name]))
        records.append((name, *_counts(box, wholes[name])))
    grid = restriction.analysis.output_grid(restriction.endpoint).shape
    rows.append(_row(restriction.endpoint, restriction.box, grid))
    records.append((restriction.endpoint, *_counts(restriction.box, grid)))
    flops, total = restriction.flops, restriction.whole_flops
    rows.append(("GFLOP", giga(flops), giga(total), _share(flops, total)))
    records.append(("FLOP", flops, total))
    whole = [f"computed on whole dimensions of the image: {name}" for name in restriction.uncut]
    return TextTable(
        f"restriction of {restriction.analysis.traced.network.name} to a box of "
        f"{restriction.endpoint}",
        ("what", "part", "whole", "share"),
        tuple(rows),
        (*whole, *restriction.setting.lines),
        records=Records(("what", "part", "whole"), tuple(records)),
    )


def to_dict(restriction: Restriction) -> dict[str, Any]:
    """Boxes as (first, last + 1) along every dimension, operations, and what is computed whole."""
    return {
        "endpoint": restriction.endpoint,
        "input": restriction.analysis.input,
        "axes": list(restriction.analysis.spatial_axes),
        "box": [list(span) for span in restriction.box],
        "inputs": {
            name: None if box is None else [list(span) for span in box]
            for name, box in restriction.inputs.items()
        },
        "flops": restriction.flops,
        "whole_flops": restriction.whole_flops,
        "uncut": list(restriction.uncut),
        "model": restriction.setting.to_dict(),
    }


def _row(
    name: str, box: tuple[tuple[int, int], ...] | None, shape: tuple[int, ...]
) -> tuple[str, str, str, str]:
    part, total = _counts(box, shape)
    text = "-" if box is None else " ".join(f"{low}:{stop}" for low, stop in box)
    return name, text, "x".join(map(str, shape)), _share(part, total)


def _counts(box: tuple[tuple[int, int], ...] | None, shape: tuple[int, ...]) -> tuple[int, int]:
    """Elements of the part, and of the whole."""
    return 0 if box is None else prod(stop - low for low, stop in box), prod(shape)


def _share(part: int, total: int) -> str:
    return f"{100 * part / total:.3g} %" if total else "-"
