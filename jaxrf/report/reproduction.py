"""A published recipe: the numbers that its script prints, and the same done right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.report.numbers import number_rows
from jaxrf.text.table import TextTable

if TYPE_CHECKING:
    from jaxrf.measure.reproduce import Reproduction

__all__ = ["table", "to_dict"]


def table(made: Reproduction) -> TextTable:
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


def to_dict(made: Reproduction) -> dict[str, Any]:
    """JSON-ready: both sets of numbers, both centres, and the field done right."""
    return {
        "recipe": made.recipe.name,
        "source": made.recipe.source,
        "map": made.erf.estimator.map_name,
        "published": {"center": list(made.middle), **made.published},
        "right": {"center": list(made.erf.center), **made.right},
        "notes": list(made.notes),
        "erf": made.erf.to_dict(),
    }
