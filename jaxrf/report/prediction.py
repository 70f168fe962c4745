"""A predicted effective field: every number, and what was assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.report.numbers import about, number_records, number_rows
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.measure.predict import Prediction

__all__ = ["table", "to_dict"]


def table(predicted: Prediction) -> TextTable:
    """Every number of a predicted field, and what was assumed."""
    at = ",".join(map(str, predicted.at))
    return TextTable(
        f"predicted ERF of {predicted.endpoint} at {at}: g^2, {_expected_over(predicted)}",
        ("number", "value", "standard error"),
        tuple(number_rows(predicted)),
        (
            *about(predicted),
            *predicted.setting.lines,
            *(f"assumed: {a}" for a in predicted.assumptions),
        ),
        records=number_records(predicted),
    )


def to_dict(predicted: Prediction) -> dict[str, Any]:
    """Every number with its name and standard error, and what was assumed."""
    return {
        "endpoint": predicted.endpoint,
        "at": list(predicted.at),
        "map": "g^2",
        "draws": predicted.draws,
        "model": predicted.setting.to_dict(),
        "center": list(predicted.center),
        "box": [[i.low, i.high] for i in predicted.box],
        "size": list(predicted.size),
        "cut": predicted.cut,
        **predicted.numbers,
        "stderr": predicted.errors,
        "assumptions": list(predicted.assumptions),
        "sizes": list(predicted.sizes),
    }


def _expected_over(predicted: Prediction) -> str:
    """Description of the random quantities that the expectation averages over."""
    if predicted.setting.drawn:
        return f"expected over random weights, {predicted.draws} networks drawn"
    return f"expected at given weights, {predicted.draws} inputs"
