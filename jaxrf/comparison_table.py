"""The table of a comparison's effective field: measured, and what was predicted beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from jaxrf.comparison import Comparison
from jaxrf.erf_tables import erf_table, value_rows
from jaxrf.errors import InvalidInput
from jaxrf.measure.metrics import describe
from jaxrf.measure.predict import Prediction
from jaxrf.measure.result import ERF
from jaxrf.tables import TextTable

__all__ = ["compared_table", "noted_once"]

UNCOMPARED = ("amplitude fit", "angle")


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
    # intervals are in the JSON; a terminal has no room for them beside the prediction
    rows = tuple((*row[:3], expected.get(row[0], "")) for row in table.rows)
    assumed = (f"prediction assumed: {a}" for a in predicted.assumptions)
    over = "over random weights" if erf.setting.drawn else "at given weights"
    what = f"predicted: expected {over}; percent: off the measured sigma"
    notes = (*table.notes, what, _drawn(predicted), *assumed)
    return replace(table, header=(*table.header[:3], "predicted"), rows=rows, notes=notes)


def noted_once(tables: Iterable[TextTable]) -> list[TextTable]:
    """Tables that are shown together: a note that stands below one is left out of the next."""
    seen: set[str] = set()
    shown = []
    for table in tables:
        notes = tuple(note for note in table.notes if note not in seen)
        shown.append(replace(table, notes=notes))
        seen.update(notes)
    return shown


def _expected(erf: ERF, predicted: Prediction) -> dict[str, str]:
    """Name of a row -> its number of the predicted map.

    Not the amplitude, which depends on the map's scale, nor the angle of what is mostly round.
    """
    numbers = describe(
        predicted.map[erf.crop],
        erf.crop_center,
        size=erf.size,
        image=erf.map.shape,
        origin=[i.low for i in erf.box],
    )
    rows = {name: f"{value:.4g}" for name, value in value_rows(numbers)}
    return {name: text for name, text in rows.items() if name not in UNCOMPARED}


def _drawn(predicted: Prediction) -> str:
    """What the prediction rests on, and how well its sigma is known."""
    errors = predicted.errors["sigma"]
    of = "network" if predicted.setting.drawn else "input"
    if not np.isfinite(errors).all():
        return f"prediction from {predicted.draws} {of}, without an error"
    certain = np.multiply(predicted.sigma, 1e-9)  # but for rounding, as of chains of layers
    known = ", ".join(f"{e:.2g}" for e in np.where(errors < certain, 0.0, errors))
    return f"prediction from {predicted.draws} {of}s: sigma ± {known}"


def _is_sigma(row: str) -> bool:
    return row.startswith("sigma ") and not row.startswith(("sigma fit", "sigma centroid"))
