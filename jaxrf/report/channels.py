"""The table of single channels: those with the widest fields, and those with the narrowest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.errors import InvalidInput
from jaxrf.measure.channel_fields import NAMES
from jaxrf.report.numbers import axis_names
from jaxrf.text.table import Records, TextTable

if TYPE_CHECKING:
    from jaxrf.measure.channel_fields import ChannelFields
    from jaxrf.measure.result import ERF

__all__ = ["channel_table", "table", "to_dict"]

MOST = 5  # at either end of a long table


def channel_table(erf: ERF, most: int = MOST) -> TextTable:
    """Energy, centroid and sigma of channels by the width of their field, the widest first.

    Args:
        erf: with fields of channels: measured with the cotangent "exact".
        most: rows at either end; where channels were chosen, all are shown.

    Raises:
        InvalidInput: a field without channels.
    """
    if erf.channels is None:
        raise InvalidInput(
            f"channels: got a field of the cotangent {erf.estimator.cotangent}, which mixes them; "
            "measure it with the cotangent exact"
        )
    return table(erf.channels, of=f" of {erf.endpoint}", most=most)


def table(fields: ChannelFields, *, of: str = "", most: int = MOST) -> TextTable:
    """The table of channels alone.

    Args:
        fields: of the channels.
        of: words about where they are.
        most: rows at either end.
    """
    order = fields.order.tolist()
    rows = [_row(fields, place) for place in order]
    notes = ["± standard error over independent units; σ about the theoretical centre"]
    if fields.maps is None and len(rows) > 2 * most:
        notes.append(f"the {most} widest and the {most} narrowest of {len(rows)} channels")
        rows = [*rows[:most], ("...", *[""] * (len(rows[0]) - 1)), *rows[-most:]]
    axes = axis_names(fields.centroid.shape[-1])
    if len(order) < len(fields):
        notes.append(f"channels without energy: {len(fields) - len(order)} of {len(fields)}")
    return TextTable(
        f"channels{of} by the width of their field",
        ("channel", "energy %", *(f"centroid {a}" for a in axes), *(f"σ {a}" for a in axes)),
        tuple(rows),
        tuple(notes),
        records=_records(fields, axes),
    )


def to_dict(fields: ChannelFields) -> dict[str, Any]:
    """Every number of every channel with its standard error; not the maps."""
    return {
        "index": fields.index.tolist(),
        **{name: getattr(fields, name).tolist() for name in NAMES},
        "stderr": {name: fields.errors[name].tolist() for name in NAMES},
    }


def _records(fields: ChannelFields, axes: tuple[str, ...]) -> Records:
    """Every channel with all of its numbers, in the order of the feature."""
    header, columns = ["channel"], [fields.index]
    for name in ("energy", "share", "centroid", "sigma", "sigma_centroid"):
        for suffix, values in (("", getattr(fields, name)), (" stderr", fields.errors[name])):
            ends = [f" {axis}" for axis in axes] if values.ndim > 1 else [""]
            header += [f"{name.replace('_', ' ')}{end}{suffix}" for end in ends]
            columns += list(values.reshape(len(values), -1).T)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return Records(tuple(header), tuple(rows))


def _row(fields: ChannelFields, place: int) -> tuple[str, ...]:
    pairs = [
        pair
        for name in ("centroid", "sigma")
        for pair in zip(getattr(fields, name)[place], fields.errors[name][place], strict=True)
    ]
    percent = f"{100 * fields.share[place]:.3g}"
    return (str(fields.index[place]), percent, *(f"{v:.4g} ± {e:.2g}" for v, e in pairs))
