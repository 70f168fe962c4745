"""Tables of effective fields: measured, by a published recipe, predicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jaxrf.tables import TextTable

if TYPE_CHECKING:
    from jaxrf.measure.predict import Prediction
    from jaxrf.measure.reproduce import Reproduction
    from jaxrf.measure.result import ERF

__all__ = ["erf_table", "number_rows", "prediction_table", "recipe_table", "value_rows"]


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
        f"predicted ERF of {predicted.endpoint} at {at}: g^2, expected over random weights, "
        f"{predicted.draws} networks drawn",
        ("number", "value", "standard error"),
        tuple(number_rows(predicted)),
        (_about(predicted.center), *(f"assumed: {a}" for a in predicted.assumptions)),
    )


def number_rows(erf: ERF | Prediction) -> list[tuple[str, str, str]]:
    """(name, value, standard error) of every number, one row an axis."""
    pairs = zip(value_rows(erf.numbers), value_rows(erf.errors), strict=True)
    return [(name, f"{value:.4g}", f"{error:.2g}") for (name, value), (_, error) in pairs]


def _about(center: tuple[float, ...]) -> str:
    places = ", ".join(f"{c:g}" for c in center)
    return f"lengths in input pixels, about the theoretical centre ({places})"


def value_rows(numbers: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
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
