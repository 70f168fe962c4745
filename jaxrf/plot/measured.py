"""Figures of measured results: an ERF, and the report of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxrf.errors import InvalidInput
from jaxrf.plot.heatmap import MapArtists, heat_map
from jaxrf.plot.line import LineArtists
from jaxrf.plot.result_check import check_result
from jaxrf.plot.section import SectionArtists, cross_section
from jaxrf.plot.summary import summary
from jaxrf.plot.text import verbatim

if TYPE_CHECKING:
    from jaxrf.comparison.compare import Comparison
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

    Raises:
        InvalidInput: something else.
    """
    check_result("erf", measured, "an ERF", "map", "estimator")
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

    Raises:
        InvalidInput: something else.
    """
    check_result("section", measured, "an ERF", "map", "estimator")
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
        InvalidInput: it has none, or is something else.
    """
    from jaxrf.report.comparison import summary_rows

    check_result("report", comparison, "a Comparison", "erf", "reached")
    measured = comparison.erf
    if measured is None:
        raise InvalidInput("report: got no effective field, need one; compare with samples >= 1")
    support = None if comparison.reached is None else comparison.reached.mask
    shape = " x ".join(map(str, measured.map.shape))
    at = ", ".join(map(str, measured.at))
    given = f"{measured.plan.inputs} given inputs"
    inputs = "random inputs" if measured.inputs == "normal" else given
    seeds = measured.plan.weight_seeds
    weights = f"{seeds} weight seeds" if seeds else "given weights"
    title = (
        f"{verbatim(comparison.endpoint)}, feature ({at}), input {shape} px: "
        f"{measured.samples} samples, {inputs}, {weights}"
    )
    return summary(
        measured.map,
        center=measured.center,
        rows=[(verbatim(name), verbatim(value)) for name, value in summary_rows(comparison)],
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
