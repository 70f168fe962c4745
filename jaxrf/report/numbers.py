"""The numbers of effective fields as rows of text and as records, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jaxrf.report.units import unit
from jaxrf.text.table import Records

if TYPE_CHECKING:
    from jaxrf.measure.effective_field import EffectiveField
    from jaxrf.measure.field_grid.result import FieldGrid
    from jaxrf.measure.predict import Prediction
    from jaxrf.measure.result import ERF

__all__ = ["about", "axis_names", "number_records", "number_rows", "unit_lines", "value_rows"]


def number_rows(erf: ERF | Prediction) -> list[tuple[str, str, str]]:
    """(name, value, standard error) of every number, one row per axis."""
    pairs = zip(value_rows(erf.numbers), value_rows(erf.errors), strict=True)
    return [(name, f"{value:.4g}", f"{error:.2g}") for (name, value), (_, error) in pairs]


def number_records(field: ERF | Prediction) -> Records:
    """The rows of :func:`number_rows` with all digits."""
    values, errors = value_rows(field.numbers), value_rows(field.errors)
    rows = tuple((*pair, error) for pair, (_, error) in zip(values, errors, strict=True))
    return Records(("number", "value", "standard error"), rows)


def value_rows(numbers: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """(name, value) of numbers, with tuples over axes and symmetric matrices taken apart."""
    for key, value in numbers.items():
        name = key.replace("_", " ")
        if not isinstance(value, tuple):
            yield name, value
            continue
        axes = axis_names(len(value))
        for i, (axis, row) in enumerate(zip(axes, value, strict=True)):
            if isinstance(row, tuple):
                yield from ((f"{name} {axis}{axes[j]}", row[j]) for j in range(i, len(row)))
            else:
                yield f"{name} {axis}", row


def axis_names(rank: int) -> tuple[str, ...]:
    """Names of spatial axes: x is the last one, as in figures; numbers beyond three axes."""
    return ("z", "y", "x")[-rank:] if rank <= 3 else tuple(map(str, range(rank)))


def about(field: EffectiveField) -> list[str]:
    """Notes on the centre of lengths, the centroid of the energy, and the share cut off."""
    lines = [
        f"lengths in input {unit(field.map.ndim)}, about the theoretical centre "
        f"({_places(field.center)}), the middle of the theoretical field; sigma centroid about the "
        "centroid"
    ]
    if field.cut > 0:
        lines.append(f"the image cuts off {field.cut:.0%} of the theoretical field")
    return lines


def _places(coordinates: tuple[float, ...]) -> str:
    return ", ".join(f"{c:g}" for c in coordinates)


def unit_lines(erf: ERF | FieldGrid) -> list[str]:
    """The independent units of an estimate, and a note where they are too few."""
    tails, what = erf.replicates.tails, " and ".join(f"{factor}s" for factor in erf.plan.factors)
    line = (
        f"errors over {tails.units} independent {what}, worth {tails.effective:.1f} of equal "
        f"energy; the largest holds {tails.largest:.0%}"
    )
    if tails.enough:
        return [line]
    return [f"{line}: too few samples for an interval, errors may be far too small"]
