"""The tables of a comparison: its numbers at a glance, and its effective field at length."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from jaxrf.comparison.compare import Comparison
from jaxrf.errors import InvalidInput
from jaxrf.measure.metrics import describe
from jaxrf.measure.predict import Prediction
from jaxrf.measure.result import ERF
from jaxrf.report.cells import per_axis
from jaxrf.report.json import meta
from jaxrf.report.numbers import axis_names, number_records, value_rows
from jaxrf.report.units import unit_in
from jaxrf.text.table import Records, TextTable

__all__ = ["compared_table", "noted_once", "summary_rows", "table", "to_dict"]

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
    measured = erf.table()
    if predicted is None:
        why = f"not predicted: {comparison.unpredicted}"
        return replace(measured, notes=(*measured.notes, why))
    expected = _expected(erf, predicted)
    off = map(_off, comparison.sigma_off or ())
    for row, text in zip([name for name in expected if _is_sigma(name)], off, strict=True):
        expected[row] += text
    # intervals are in the JSON; a terminal has no room for them beside the prediction
    rows = tuple((*row[:3], expected.get(row[0], "")) for row in measured.rows)
    assumed = (f"prediction assumed: {a}" for a in predicted.assumptions)
    over = "over random weights" if erf.setting.drawn else "at given weights"
    what = f"predicted: expected {over}; percent: off the measured sigma"
    notes = (*measured.notes, what, _drawn(predicted), *assumed)
    header = (*measured.header[:3], "predicted")
    return replace(measured, header=header, rows=rows, notes=notes)


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
    """Name of a row -> its number of the predicted map, as a text."""
    return {name: f"{value:.4g}" for name, value in _shape_rows(erf, predicted)}


def _shape_rows(erf: ERF, predicted: Prediction) -> Iterator[tuple[str, float]]:
    """(name, value) of the predicted map inside the box of the measured one.

    Not the amplitude, which depends on the map's scale, nor the angle of what is mostly round.
    """
    numbers = describe(
        predicted.map[erf.crop],
        erf.crop_center,
        size=erf.size,
        image=erf.map.shape,
        origin=[i.low for i in erf.box],
    )
    return ((name, value) for name, value in value_rows(numbers) if name not in UNCOMPARED)


def _drawn(predicted: Prediction) -> str:
    """The draws of a prediction, and the standard error of its sigma."""
    errors = predicted.errors["sigma"]
    of = "network" if predicted.setting.drawn else "input"
    if not np.isfinite(errors).all():
        return f"prediction from {predicted.draws} {of}, without an error"
    certain = np.multiply(predicted.sigma, 1e-9)  # but for rounding, as of chains of layers
    known = ", ".join(f"{e:.2g}" for e in np.where(errors < certain, 0.0, errors))
    return f"prediction from {predicted.draws} {of}s: sigma ± {known}"


def _is_sigma(row: str) -> bool:
    return row.startswith("sigma ") and not row.startswith(("sigma fit", "sigma centroid"))


def table(comparison: Comparison) -> TextTable:
    """Theory, supports, measured field and prediction, one number per row."""
    theory = comparison.theory.document
    shape = "x".join(map(str, theory["input_shape"]))
    notes = list(comparison.failures)
    if comparison.erf is not None:
        notes += comparison.erf.notes
    if comparison.unpredicted:
        notes.append(f"not predicted: {comparison.unpredicted}")
    return TextTable(
        f"{theory['target']}, {comparison.endpoint}, input {shape}: "
        f"{'theory and measurement agree' if comparison.equal else 'DISAGREEMENT'}; px are input "
        f"{unit_in(theory)}",
        ("what", "value"),
        tuple(summary_rows(comparison)),
        tuple(notes),
        records=Records(
            ("part", "number", "value", "standard error", "predicted"),
            tuple(_values(comparison)),
        ),
    )


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """Theory, every support, the measured field and its prediction, and what disagrees."""
    theory = comparison.theory.document
    return {
        "target": theory["target"],
        "input_shape": theory["input_shape"],
        "endpoint": theory["endpoints"][-1],
        "model": theory["model"],
        "supports": {label: m.to_dict() for label, m in comparison.supports},
        "erf": None if comparison.erf is None else comparison.erf.to_dict(),
        "prediction": None
        if comparison.predicted is None
        else {**comparison.predicted.to_dict(), "sigma_off": comparison.sigma_off},
        "unpredicted": comparison.unpredicted,
        "equal": comparison.equal,
        "failures": list(comparison.failures),
        "meta": meta(),
    }


def summary_rows(comparison: Comparison) -> list[tuple[str, str]]:
    """(what, value in words) of everything that a report has room for."""
    field = comparison.field
    rows = [
        ("theory: size r, px", per_axis(field.size)),
        ("stride S, px", per_axis(field.stride)),
        ("padding P, px", per_axis(field.padding)),
    ]
    measured = comparison.erf
    if measured is not None:
        rows.append(("centre, px", per_axis([f"{c:g}" for c in measured.center])))
    rows.append(("aligned", "yes" if field.aligned else "no"))
    rows += _support_rows(comparison)
    if measured is not None:
        rows += [
            *_number_rows(measured),
            ("errors over", _units(measured)),
            *_predicted_rows(comparison),
        ]
    return rows


def _values(comparison: Comparison) -> Iterator[tuple[Any, ...]]:
    """Records of a comparison with all digits and every number of the field."""
    for axis in comparison.field.axes:
        for name, value in (("r", axis.size), ("S", axis.stride), ("P", axis.padding)):
            yield "theory", f"{name} axis {axis.axis}", value, None, None
        yield "theory", f"aligned axis {axis.axis}", axis.aligned, None, None
    for label, m in comparison.supports:
        counts = {"exact": m.exact, "measured": m.support, "plain": m.plain}
        for name, found in counts.items():
            count = None if found is None else int(found.mask.sum())
            yield f"support, {label}", name, count, None, None
        yield f"support, {label}", "missing", m.missing, None, None
        yield f"support, {label}", "excess", m.excess, None, None
    measured = comparison.erf
    if measured is not None:
        predicted = comparison.predicted
        expected = {} if predicted is None else dict(_shape_rows(measured, predicted))
        for name, value, error in number_records(measured).rows:
            yield "effective field", name, value, error, expected.get(name)


def _support_rows(comparison: Comparison) -> list[tuple[str, str]]:
    rows = []
    for label, m in comparison.supports:
        count = int(m.support.mask.sum())
        verdict = "= theory" if m.equal else f"theory -{m.missing} +{m.excess}"
        rows.append((f"support, {label}", f"{count:,} px {verdict}"))
    return rows


def _number_rows(measured: ERF) -> list[tuple[str, str]]:
    """The numbers a paper quotes, with their standard errors."""
    numbers, errors = measured.numbers, measured.errors
    names = axis_names(len(measured.sigma))
    shown = measured.estimator.map_name.replace("^2", "²")

    def text(value: float, error: float) -> str:
        return f"{value:.3g} ± {error:.1g}" if np.isfinite(error) else f"{value:.3g}"

    rows = [
        (f"σ {name}, px ({shown})", text(value, error))
        for name, value, error in zip(names, numbers["sigma"], errors["sigma"], strict=True)
    ]
    if np.isfinite(numbers["angle"]):
        rows.append(("angle, rad", text(numbers["angle"], errors["angle"])))
    rows += [
        (f"kurtosis {name}", text(value, error))
        for name, value, error in zip(names, numbers["kurtosis"], errors["kurtosis"], strict=True)
    ]
    single = {
        "r2": "R² of the Gaussian",
        "luo_size": "Luo size, px",
        "energy_radius_0.5": "50 % energy radius, px",
        "energy_radius_0.9": "90 % energy radius, px",
    }
    return rows + [(label, text(numbers[key], errors[key])) for key, label in single.items()]


def _units(measured: ERF) -> str:
    """Notes on the independent units, and whether they are enough."""
    what = " and ".join(f"{factor}s" for factor in measured.plan.factors)
    return f"{measured.tails.units} {what}" + ", too few" * (not measured.tails.enough)


def _off(share: float) -> str:
    """How far a prediction is off, in brackets; nothing where what was measured is zero."""
    return "" if math.isnan(share) else f" ({100 * share:+.1f} %)"


def _predicted_rows(comparison: Comparison) -> list[tuple[str, str]]:
    """Predicted sigma per axis, how far it is off, and whether it rests on assumptions."""
    predicted, off = comparison.predicted, comparison.sigma_off
    if predicted is None or off is None:
        return []
    rows = [
        (f"predicted σ {name}, px", f"{sigma:.3g}{_off(d)}")
        for name, sigma, d in zip(axis_names(len(off)), predicted.sigma, off, strict=True)
    ]
    count = len(predicted.assumptions)
    return rows + [("assumptions of it", str(count))] * bool(count)
