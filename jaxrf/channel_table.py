"""The table of single channels: those with the widest fields, and those with the narrowest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaxrf.errors import InvalidInput
from jaxrf.tables import TextTable

if TYPE_CHECKING:
    from jaxrf.measure.result import ERF

__all__ = ["channel_table"]

MOST = 5  # at either end of a long table


def channel_table(erf: ERF, most: int = MOST) -> TextTable:
    """Energy, centroid and sigma of channels by the width of their field, the widest first.

    Args:
        erf: with fields of channels: measured with the cotangent "exact".
        most: rows at either end; where channels were chosen, all are shown.

    Raises:
        InvalidInput: a field without channels.
    """
    from jaxrf.erf_tables import axis_names

    fields = erf.channels
    if fields is None:
        raise InvalidInput(
            f"channels: got a field of the cotangent {erf.estimator.cotangent}, which mixes them; "
            "measure it with the cotangent exact"
        )
    order = fields.order.tolist()
    rows = [_row(fields, place) for place in order]
    notes = ["± standard error over independent units; σ about the theoretical centre"]
    if fields.maps is None and len(rows) > 2 * most:
        notes.append(f"the {most} widest and the {most} narrowest of {len(rows)} channels")
        rows = [*rows[:most], ("...", *[""] * (len(rows[0]) - 1)), *rows[-most:]]
    axes = axis_names(len(erf.center))
    if len(order) < len(fields):
        notes.append(f"channels without energy: {len(fields) - len(order)} of {len(fields)}")
    return TextTable(
        f"channels of {erf.endpoint} by the width of their field",
        ("channel", "energy %", *(f"centroid {a}" for a in axes), *(f"σ {a}" for a in axes)),
        tuple(rows),
        tuple(notes),
    )


def _row(fields, place: int) -> tuple[str, ...]:
    pairs = [
        pair
        for name in ("centroid", "sigma")
        for pair in zip(getattr(fields, name)[place], fields.errors[name][place], strict=True)
    ]
    percent = f"{100 * fields.share[place]:.3g}"
    return (str(fields.index[place]), percent, *(f"{v:.4g} ± {e:.2g}" for v, e in pairs))
