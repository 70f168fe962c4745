"""Tables of effective fields: measured, by a published recipe, predicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jaxrf.measure.result import LEVEL
from jaxrf.report.units import unit
from jaxrf.text.table import Records, TextTable

if TYPE_CHECKING:
    from jaxrf.measure.everywhere.result import FieldGrid
    from jaxrf.measure.field import EffectiveField
    from jaxrf.measure.predict import Prediction
    from jaxrf.measure.reproduce import Reproduction
    from jaxrf.measure.result import ERF

__all__ = [
    "axis_names",
    "erf_table",
    "number_records",
    "number_rows",
    "prediction_table",
    "recipe_table",
    "unit_lines",
    "value_rows",
]


def erf_table(erf: ERF) -> TextTable:
    """Every number of a measured field with its standard error and its interval."""
    weights = f"{erf.plan.weight_seeds} weight seeds" if erf.plan.weight_seeds else "given weights"
    inputs = "random inputs" if erf.inputs == "normal" else f"{erf.plan.inputs} given inputs"
    at = ",".join(map(str, erf.at))
    found = erf.intervals()
    ends = {} if found is None else dict(_interval_rows(erf.numbers, found))
    return TextTable(
        f"ERF of {erf.endpoint} at {at}: {erf.estimator.map_name}, {erf.samples} samples, "
        f"{weights}, {inputs}",
        ("number", "value", "standard error", f"{LEVEL:.0%} interval"),
        tuple((*row, ends.get(row[0], "too few")) for row in number_rows(erf)),
        (*_about(erf), *unit_lines(erf), *_how(erf), *erf.setting.lines, *erf.notes),
        records=_with_intervals(number_records(erf), erf, found),
    )


def unit_lines(erf: ERF | FieldGrid) -> list[str]:
    """What was independent, and what it is worth."""
    tails, what = erf.replicates.tails, " and ".join(f"{factor}s" for factor in erf.plan.factors)
    line = (
        f"errors over {tails.units} independent {what}, worth {tails.effective:.1f} of equal "
        f"energy; the largest holds {tails.largest:.0%}"
    )
    if tails.enough:
        return [line]
    return [f"{line}: too few samples for an interval, errors may be far too small"]


def recipe_table(made: Reproduction) -> TextTable:
    """The numbers that a recipe's script prints, and the same about the theoretical centre."""
    erf, right = made.erf, made.right
    rows = [
        (name.replace("_", " "), "none" if value is None else f"{value:.4g}", f"{right[name]:.4g}")
        for name, value in made.published.items()
    ]
    rows += [(name, "", f"{value} ± {error}") for name, value, error in number_rows(erf)[:5]]
    center = ", ".join(f"{c:g}" for c in erf.center)
    return TextTable(
        f"{made.recipe.name} of {erf.endpoint}: {erf.estimator.map_name}, {erf.samples} samples",
        ("number", "as published", "done right"),
        tuple(rows),
        (
            f"as published: of the shown map, about pixel {', '.join(map(str, made.middle))}",
            f"done right: of the map itself, about the theoretical centre ({center})",
            *erf.setting.lines,
            *made.notes,
        ),
    )


def _how(erf: ERF) -> list[str]:
    """What is not as it is by default."""
    lines = []
    if erf.estimator.cotangent != "rademacher":
        lines.append(f"cotangent: {erf.estimator.cotangent}")
    if erf.channels is not None:
        lines[-1] += f", {len(erf.channels)} backward passes in every sample, one per channel"
    if erf.plan.input_seeds:
        lines.append(f"random inputs drawn: {erf.plan.input_seeds}")
    if erf.grid is not None:
        pitch = " x ".join(map(str, erf.grid.pitch))
        lines.append(f"{erf.grid.count} impulses per pass, {pitch} pixels apart")
    return lines


def prediction_table(predicted: Prediction) -> TextTable:
    """Every number of a predicted field, and what was assumed."""
    at = ",".join(map(str, predicted.at))
    return TextTable(
        f"predicted ERF of {predicted.endpoint} at {at}: g^2, {_expected_over(predicted)}",
        ("number", "value", "standard error"),
        tuple(number_rows(predicted)),
        (
            *_about(predicted),
            *predicted.setting.lines,
            *(f"assumed: {a}" for a in predicted.assumptions),
        ),
        records=number_records(predicted),
    )


def _expected_over(predicted: Prediction) -> str:
    """What the expectation is over."""
    if predicted.setting.drawn:
        return f"expected over random weights, {predicted.draws} networks drawn"
    return f"expected at given weights, {predicted.draws} inputs"


def number_rows(erf: ERF | Prediction) -> list[tuple[str, str, str]]:
    """(name, value, standard error) of every number, one row per axis."""
    pairs = zip(value_rows(erf.numbers), value_rows(erf.errors), strict=True)
    return [(name, f"{value:.4g}", f"{error:.2g}") for (name, value), (_, error) in pairs]


def number_records(field: ERF | Prediction) -> Records:
    """The same rows with all digits."""
    values, errors = value_rows(field.numbers), value_rows(field.errors)
    rows = tuple((*pair, error) for pair, (_, error) in zip(values, errors, strict=True))
    return Records(("number", "value", "standard error"), rows)


def _with_intervals(records: Records, erf: ERF, found: Mapping[str, Any] | None) -> Records:
    """Further columns for the ends of the intervals, empty where units are too few."""
    ends: list[tuple[float | None, float | None]] = [(None, None)] * len(records.rows)
    if found is not None:
        lows, highs = (
            value_rows({n: _end(v, found[n], end) for n, v in erf.numbers.items()})
            for end in (0, 1)
        )
        ends = [(low, high) for (_, low), (_, high) in zip(lows, highs, strict=True)]
    rows = tuple((*row, *those) for row, those in zip(records.rows, ends, strict=True))
    return Records((*records.header, "interval low", "interval high"), rows)


def _interval_rows(numbers: Mapping[str, Any], intervals: Mapping[str, Any]) -> Iterator:
    """(name, interval in words) by the names of :func:`value_rows`."""
    lows = value_rows({n: _end(v, intervals[n], 0) for n, v in numbers.items()})
    highs = value_rows({n: _end(v, intervals[n], 1) for n, v in numbers.items()})
    for (name, low), (_, high) in zip(lows, highs, strict=True):
        yield name, f"{low:.4g} to {high:.4g}"


def _end(value: Any, interval: Any, end: int) -> Any:
    """One end of an interval, in the shape of its number."""
    if isinstance(value, tuple):
        return tuple(_end(v, i, end) for v, i in zip(value, interval, strict=True))
    return interval[end]


def _about(field: EffectiveField) -> list[str]:
    """What lengths are about, where the energy is, and what the image cuts off."""
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
