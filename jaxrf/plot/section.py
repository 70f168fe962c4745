"""The semi-logarithmic cross-section of an effective receptive field through its centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from jaxrf.errors import InvalidInput
from jaxrf.plot import style
from jaxrf.plot.view import Span, map_of, spans, through_center
from jaxrf.report.units import unit

if TYPE_CHECKING:
    from jaxrf.measure.effective_field import EffectiveField


@dataclass(frozen=True)
class SectionArtists:
    """The artists of :func:`cross_section`.

    Attributes:
        axes: the axes drawn into.
        curve: the energy relative to its peak, broken where there is none.
        gaussian: the fitted Gaussian.
        predicted: the expected map.
        band: plus and minus one standard error.
        box: lines at the two ends of the theoretical box, dashed where the image clips them.
        legend: names of the above, over the axes; None without any.
    """

    axes: Axes
    curve: Line2D
    gaussian: Line2D | None
    predicted: Line2D | None
    band: PolyCollection | None
    box: tuple[Line2D, ...]
    legend: Legend | None


def cross_section(
    energy: np.ndarray | EffectiveField,
    *,
    center: Sequence[float] | None = None,
    fit: Any = None,
    stderr: np.ndarray | None = None,
    predicted: np.ndarray | None = None,
    box: Sequence[Any] | None = None,
    axis: int = -1,
    ax: Axes | None = None,
) -> SectionArtists:
    """Draw the energy along the line through the centre parallel to an axis.

    Energy is relative to the peak of the whole map, on a logarithmic scale that ends at 1e-6 or
    at the decade below the smallest value shown. Where the centre lies half-way between two lines
    of pixels, the curve and its standard error are the means of the two.

    Args:
        energy: float64 [*spatial], mean squared gradient per input pixel; 1 to 3 axes. Or a field
            of jaxrf, which has centre, box, fit and standard error of its own.
        center: theoretical centre, input pixels, 0-based, one coordinate per axis; of a map.
        fit: a fitted Gaussian with ``profile(offsets, axis)`` in the unit of ``energy``, such as
            ``jaxrf.measure.gaussian.GaussianFit``.
        stderr: float64 [*spatial], standard error of ``energy``, drawn as a band.
        predicted: float64 [*spatial], the expected map, drawn with the total of ``energy``.
        box: theoretical field, (lo, hi) per axis in input pixels, inclusive; may leave the image.
        axis: the spatial axis to run along.
        ax: axes to draw into; by default those of a new single-column figure.

    Returns:
        The artists.

    Raises:
        InvalidInput: where map, centre, box and standard error do not fit each other.
    """
    if stderr is None and not isinstance(energy, np.ndarray):
        stderr = getattr(energy, "stderr", None)
    energy, center, box, fit = map_of(energy, center, box, fit)
    views = spans(energy, center, box, stderr=stderr)
    if not -energy.ndim <= axis < energy.ndim:
        raise InvalidInput(
            f"plot: got axis {axis}, needed {-energy.ndim} to {energy.ndim - 1}; "
            "count spatial axes alone"
        )
    cut = _Cut(axis % energy.ndim, center, views[axis], energy.max())
    values = cut.relative(energy)
    visible = values[values > style.FLOOR]
    lowest = min(10.0 ** np.floor(np.log10(visible.min(initial=1.0))), 0.1)

    with style.context():
        new = ax is None
        ax = style.axes_or_new(ax)
        curve = _curve(ax, cut.offsets, values)
        band = gaussian = expected = None
        if stderr is not None:
            band = _band(ax, cut.offsets, values, cut.relative(stderr), lowest)
        if fit is not None:
            gaussian = draw_profile(
                ax, fit, cut.axis, cut.view, cut.origin, cut.peak, origin=cut.origin
            )
        if predicted is not None:
            scale = energy.sum() / (predicted.sum() * cut.peak)
            expected = _expected(ax, cut.offsets, scale * cut.of(predicted))
        ends = draw_ends(ax, cut.view, energy.ndim, origin=cut.origin)
        _semilogarithmic(ax, cut, lowest, energy.ndim)
        handles = [curve, band, expected, gaussian, *ends[:1]]
        legend = style.finish(ax, [handle for handle in handles if handle is not None], new=new)
    return SectionArtists(ax, curve, gaussian, expected, band, ends, legend)


@dataclass(frozen=True)
class _Cut:
    """The line through the centre parallel to an axis, as far as it is shown.

    Attributes:
        axis: the spatial axis, not negative.
        center: input pixels, one coordinate per axis.
        view: the pixels shown.
        peak: of the whole map.
    """

    axis: int
    center: Sequence[float]
    view: Span
    peak: float

    @property
    def origin(self) -> float:
        """The centre on the axis."""
        return self.center[self.axis]

    @property
    def offsets(self) -> np.ndarray:
        """Of the pixels from the centre."""
        return np.arange(self.view.first, self.view.last + 1) - self.origin

    def of(self, values: np.ndarray) -> np.ndarray:
        """Values [*spatial] along the line."""
        line = through_center(values, self.center, (self.axis,))
        return line[self.view.first : self.view.last + 1]

    def relative(self, values: np.ndarray) -> np.ndarray:
        """The same as shares of the peak."""
        return self.of(values) / self.peak


def _curve(ax: Axes, offsets: np.ndarray, values: np.ndarray) -> Line2D:
    """What was measured, broken where there is no energy."""
    shown = np.where(values > 0, values, np.nan)
    (line,) = ax.plot(offsets, shown, label="measured", **style.measured_line(offsets.size))
    return line


def _band(
    ax: Axes, offsets: np.ndarray, values: np.ndarray, error: np.ndarray, lowest: float
) -> PolyCollection:
    """Plus and minus one standard error, not below the axis."""
    return ax.fill_between(
        offsets,
        np.maximum(values - error, lowest),
        np.maximum(values + error, lowest),
        where=values > 0,
        color=style.MEASURED,
        alpha=0.3,
        linewidth=0,
        label="±1 standard error",
    )


def _expected(ax: Axes, offsets: np.ndarray, values: np.ndarray) -> Line2D:
    """What was predicted, broken where there is no energy."""
    (line,) = ax.plot(
        offsets,
        np.where(values > 0, values, np.nan),
        color=style.PREDICTED,
        linestyle=(0, (3, 1.5)),
        linewidth=0.8,
        label="predicted",
    )
    return line


def _semilogarithmic(ax: Axes, cut: _Cut, lowest: float, n: int) -> None:
    """Scales, limits, names and grid, of a map with ``n`` spatial axes."""
    ax.set(
        yscale="log",
        xlim=np.subtract(cut.view.limits, cut.origin),
        ylim=(lowest, 2.0),
        xlabel=f"offset from the centre (input {unit(n)})",
        ylabel=style.RELATIVE_ENERGY,
    )
    ax.yaxis.set_minor_formatter(NullFormatter())  # 10^k alone, however short the axis
    style.whole_pixel_ticks(ax.xaxis)
    ax.grid(color="0.9", linewidth=0.4)
    ax.set_axisbelow(True)


def draw_ends(ax: Axes, view: Span, n: int, origin: float = 0.0) -> tuple[Line2D, ...]:
    """Vertical lines at the ends of the theoretical box, dashed where the image clips them.

    Args:
        ax: axes to draw into.
        view: the span of the horizontal axis.
        n: number of spatial axes of the map.
        origin: position of the horizontal axis's zero, input pixels.

    Returns:
        Two lines, the first with the legend's label; none without a box.
    """
    if view.ends is None:
        return ()
    label = f"theory: {view.size} {'samples' if n == 1 else 'px'}"
    return tuple(
        ax.axvline(
            end - origin,
            color=style.BOX,
            linestyle=style.CLIPPED if clipped else "-",
            label=label if index == 0 else "_nolegend_",
            clip_on=False,  # a clipped end lies on the frame of the axes
            zorder=3,
        )
        for index, (end, clipped) in enumerate(zip(view.ends, view.clipped, strict=True))
    )


def draw_profile(
    ax: Axes, fit: Any, axis: int, view: Span, center: float, peak: float, origin: float = 0.0
) -> Line2D:
    """The fitted Gaussian along an axis, relative to the peak of the map.

    Args:
        ax: axes to draw into.
        fit: a fitted Gaussian with ``profile(offsets, axis)``.
        axis: the spatial axis.
        view: the span of that axis.
        center: theoretical centre on that axis, input pixels.
        peak: the map's peak.
        origin: position of the horizontal axis's zero, input pixels.

    Returns:
        The line.
    """
    positions = np.linspace(*view.limits, 401)
    (line,) = ax.plot(
        positions - origin,
        fit.profile(positions - center, axis) / peak,
        color=style.GAUSSIAN,
        linestyle=(0, (4, 1.5)),
        label="Gaussian fit",
    )
    return line
