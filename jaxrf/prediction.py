"""The table that ``jaxrf predict`` prints."""

from __future__ import annotations

from jaxrf.measure.predict import Prediction
from jaxrf.tables import TextTable

__all__ = ["prediction_table"]


def prediction_table(predicted: Prediction) -> TextTable:
    """Every number of a predicted field, one row an axis, and what was assumed."""
    rows = []
    for name, value in predicted.numbers.items():
        if isinstance(value, tuple):
            axes = ("z", "y", "x")[-len(value) :] if len(value) <= 3 else range(len(value))
            rows += [(f"{name} {axis}", f"{v:.4g}") for axis, v in zip(axes, value, strict=True)]
        else:
            rows.append((name.replace("_", " "), f"{value:.4g}"))
    at = ",".join(map(str, predicted.at))
    center = ", ".join(f"{c:g}" for c in predicted.center)
    return TextTable(
        f"predicted ERF of {predicted.endpoint} at {at}: g^2, expected over random weights",
        ("number", "value"),
        tuple(rows),
        (
            f"lengths in input pixels, about the theoretical centre ({center})",
            *(f"assumed: {a}" for a in predicted.assumptions),
        ),
    )
