"""Tables of effective fields: measured, by a published recipe, predicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jaxrf.errors import InvalidInput
from jaxrf.measure.metrics import describe
from jaxrf.tables import TextTable

if TYPE_CHECKING:
    from jaxrf.comparison import Comparison
    from jaxrf.measure.predict import Prediction
    from jaxrf.measure.reproduce import Reproduction
    from jaxrf.measure.result import ERF

__all__ = ["compared_table", "erf_table", "number_rows", "prediction_table", "recipe_table"]

UNCOMPARED = ("amplitude fit", "angle")


def erf_table(erf: ERF) -> TextTable:
    """Every number of a measured field with its standard error."""
    weights = f"{erf.plan.weight_seeds} weight seeds" if erf.plan.weight_seeds else "given weights"
    inputs = "random inputs" if erf.inputs == "normal" else "photographs"
    at = ",".join(map(str, erf.at))
    return TextTable(
        f"ERF of {erf.endpoint} at {at}: {erf.estimator.map_name}, {erf.samples} samples, "
        f"{weights}, {inputs}",
        ("number", "value", "standard error"),
        tuple(number_rows(erf)),
        (
            _about(erf.center),
            *_how(erf),
            *erf.notes,
        ),
    )


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
            *made.notes,
        ),
    )


def _how(erf: ERF) -> list[str]:
    """What is not as it is by default."""
    lines = []
    if erf.estimator.cotangent != "rademacher":
        lines.append(f"cotangent: {erf.estimator.cotangent}")
    if erf.plan.input_seeds:
        lines.append(f"random inputs drawn: {erf.plan.input_seeds}")
    if erf.grid is not None:
        pitch = " x ".join(map(str, erf.grid.pitch))
        lines.append(f"{erf.grid.count} impulses a pass, {pitch} pixels apart")
    return lines


def prediction_table(predicted: Prediction) -> TextTable:
    """Every number of a predicted field, and what was assumed."""
    at = ",".join(map(str, predicted.at))
    return TextTable(
        f"predicted ERF of {predicted.endpoint} at {at}: g^2, expected over random weights",
        ("number", "value"),
        tuple((name, f"{value:.4g}") for name, value in _flat(predicted.numbers)),
        (_about(predicted.center), *(f"assumed: {a}" for a in predicted.assumptions)),
    )


def compared_table(comparison: Comparison) -> TextTable:
    """The measured field's table with what was predicted in a further column.

    Sigma has its relative difference from the measured one.

    Raises:
        InvalidInput: the comparison has no effective field.
    """
    erf, predicted = comparison.erf, comparison.predicted
    if erf is None:
        raise InvalidInput("table: got no effective field, need one; compare with samples >= 1")
    table = erf_table(erf)
    if predicted is None:
        return replace(table, notes=(*table.notes, f"not predicted: {comparison.unpredicted}"))
    expected = _expected(erf, predicted)
    off = [f" ({100 * d:+.1f} %)" for d in comparison.sigma_off or ()]
    for row, text in zip([name for name in expected if _is_sigma(name)], off, strict=True):
        expected[row] += text
    rows = tuple((*row, expected.get(row[0], "")) for row in table.rows)
    assumed = (f"prediction assumed: {a}" for a in predicted.assumptions)
    what = "predicted: expected over random weights; percent: off the measured sigma"
    notes = (*table.notes, what, *assumed)
    return replace(table, header=(*table.header, "predicted"), rows=rows, notes=notes)


def number_rows(erf: ERF) -> list[tuple[str, str, str]]:
    """(name, value, standard error) of every number, one row an axis."""
    pairs = zip(_flat(erf.numbers), _flat(erf.errors), strict=True)
    return [(name, f"{value:.4g}", f"{error:.2g}") for (name, value), (_, error) in pairs]


def _about(center: tuple[float, ...]) -> str:
    places = ", ".join(f"{c:g}" for c in center)
    return f"lengths in input pixels, about the theoretical centre ({places})"


def _flat(numbers: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """(name, value) of numbers, those of one an axis and of a symmetric matrix taken apart."""
    for key, value in numbers.items():
        name = key.replace("_", " ")
        if not isinstance(value, tuple):
            yield name, value
            continue
        axes = _axis_names(len(value))
        for i, (axis, row) in enumerate(zip(axes, value, strict=True)):
            if isinstance(row, tuple):
                yield from ((f"{name} {axis}{axes[j]}", row[j]) for j in range(i, len(row)))
            else:
                yield f"{name} {axis}", row


def _axis_names(rank: int) -> tuple[str, ...]:
    """X is the last axis, as in figures."""
    return ("z", "y", "x")[-rank:] if rank <= 3 else tuple(map(str, range(rank)))


def _expected(erf: ERF, predicted: Prediction) -> dict[str, str]:
    """Name of a row -> its number of the predicted map.

    Not the amplitude, which depends on the map's scale, nor the angle of what is mostly round.
    """
    numbers = describe(predicted.map[erf.crop], erf.crop_center, size=erf.size, image=erf.map.shape)
    rows = {name: f"{value:.4g}" for name, value in _flat(numbers)}
    return {name: text for name, text in rows.items() if name not in UNCOMPARED}


def _is_sigma(row: str) -> bool:
    return row.startswith("sigma ") and "fit" not in row
