"""Figures of measured results: an ERF, and the report of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxrf.errors import InvalidInput
from jaxrf.plot.heatmap import MapArtists, heat_map
from jaxrf.plot.line import LineArtists
from jaxrf.plot.section import SectionArtists, cross_section
from jaxrf.plot.summary import summary
from jaxrf.plot.text import verbatim

if TYPE_CHECKING:
    from jaxrf.comparison import Comparison
    from jaxrf.measure.result import ERF

__all__ = ["erf", "report", "section"]


def erf(
    measured: ERF, *, support: np.ndarray | None = None, ax: Axes | None = None
) -> MapArtists | LineArtists:
    """Draw a measured field with its theoretical box and its Gaussian.

    Args:
        measured: from :func:`jaxrf.measure_erf`.
        support: bool, the exact support; pixels outside it are grey. By default those with energy.
        ax: axes to draw into; new ones by default.
    """
    made = heat_map(
        measured.map,
        center=measured.center,
        box=_ends(measured),
        support=support,
        fit=measured.fit,
        ax=ax,
    )
    if measured.estimator.map_name != "g^2":
        label = f"{measured.estimator.map_name} (relative to peak)"
        if isinstance(made, LineArtists):
            made.axes.set_ylabel(label)
        elif made.colorbar is not None:
            made.colorbar.set_label(label)
    return made


def section(measured: ERF, *, axis: int = -1, ax: Axes | None = None) -> SectionArtists:
    """Draw the semi-logarithmic cross-section through the centre, with its standard error.

    Args:
        measured: from :func:`jaxrf.measure_erf`.
        axis: spatial axis along which to cut.
        ax: axes to draw into; new ones by default.
    """
    made = cross_section(
        measured.map,
        center=measured.center,
        fit=measured.fit,
        stderr=measured.stderr,
        box=_ends(measured),
        axis=axis,
        ax=ax,
    )
    if measured.estimator.map_name != "g^2":
        made.axes.set_ylabel(f"{measured.estimator.map_name} (relative to peak)")
    return made


def report(comparison: Comparison) -> Figure:
    """Map, cross-section and table of numbers of a comparison, on one double column.

    Args:
        comparison: from :func:`jaxrf.compare`, with an effective field.

    Raises:
        InvalidInput: it has none.
    """
    measured, field = comparison.erf, comparison.analysis[comparison.endpoint]
    if measured is None:
        raise InvalidInput("report: got no effective field, need one; compare with samples >= 1")
    support = comparison.analysis.support(comparison.endpoint, measured.at).mask
    shape = " x ".join(str(comparison.analysis.shape[a]) for a in comparison.analysis.spatial_axes)
    at = ", ".join(map(str, measured.at))
    given = f"{measured.plan.inputs} given inputs"
    inputs = "random inputs" if measured.inputs == "normal" else given
    seeds = measured.plan.weight_seeds
    weights = f"{seeds} weight seeds" if seeds else "given weights"
    title = (
        f"{verbatim(comparison.endpoint)}, feature ({at}), input {shape} px: "
        f"{measured.samples} samples, {inputs}, {weights}"
    )
    rows = [
        ("theory: size r, px", _values(field.size)),
        ("stride S, px", _values(field.stride)),
        ("padding P, px", _values(field.padding)),
        ("centre, px", _values(f"{c:g}" for c in measured.center)),
        ("aligned", "yes" if field.aligned else "no"),
        *_support_rows(comparison),
        *_number_rows(measured),
        ("errors over", _units(measured)),
        *_predicted_rows(comparison),
    ]
    return summary(
        measured.map,
        center=measured.center,
        rows=rows,
        title=title,
        box=_ends(measured),
        support=support,
        fit=measured.fit,
        stderr=measured.stderr,
        predicted=None if comparison.predicted is None else comparison.predicted.map,
    )


def _ends(measured: ERF) -> tuple[tuple[int, int], ...]:
    box = measured.virtual or measured.box
    return tuple((i.low, i.high) for i in box)


def _support_rows(comparison: Comparison) -> list[tuple[str, str]]:
    rows = []
    for label, m in comparison.supports:
        count = int(m.support.mask.sum())
        verdict = "= theory" if m.equal else f"theory -{m.missing} +{m.excess}"
        rows.append((f"support, {verbatim(label)}", f"{count:,} px {verdict}"))
    return rows


def _number_rows(measured: ERF) -> list[tuple[str, str]]:
    """The numbers a paper quotes, with their standard errors."""
    numbers, errors = measured.numbers, measured.errors
    names = ("z", "y", "x")[-len(measured.sigma) :]
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
    """What was independent, and whether it is enough."""
    what = " and ".join(f"{factor}s" for factor in measured.plan.factors)
    return f"{measured.tails.units} {what}" + ", too few" * (not measured.tails.enough)


def _predicted_rows(comparison: Comparison) -> list[tuple[str, str]]:
    """Predicted sigma per axis, how far it is off, and whether it rests on assumptions."""
    predicted, off = comparison.predicted, comparison.sigma_off
    if predicted is None or off is None:
        return []
    names = ("z", "y", "x")[-len(off) :]
    rows = [
        (f"predicted σ {name}, px", f"{sigma:.3g} ({100 * d:+.1f} %)")
        for name, sigma, d in zip(names, predicted.sigma, off, strict=True)
    ]
    count = len(predicted.assumptions)
    return rows + [("assumptions of it", str(count))] * bool(count)


def _values(values) -> str:
    texts = ["-" if v is None else str(v) for v in values]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)
