"""The fields of all end-points of a model, or of several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, ScalarFormatter

from jaxrf.errors import InvalidInput
from jaxrf.plot import style
from jaxrf.plot.result_check import check_result
from jaxrf.plot.text import verbatim
from jaxrf.report.units import unit

__all__ = ["FieldArtists", "fields"]


@dataclass(frozen=True)
class FieldArtists:
    """The artists of :func:`fields`.

    Attributes:
        axes: the axes drawn into.
        lines: name of a model -> r of its end-points.
        inputs: lengths of the inputs, dashed.
        legend: names of the models; None for a single one.
    """

    axes: Axes
    lines: dict[str, Line2D]
    inputs: tuple[Line2D, ...]
    legend: Legend | None


def fields(models: Mapping[str, Any], *, ax: Axes | None = None) -> FieldArtists:
    """Draw r of every end-point, in order of execution, as a share of the way to the output.

    Of several axes the largest r is shown. End-points without one (global alone, growing, or
    different from length to length) are left out.

    Args:
        models: name -> :class:`jaxrf.Analysis`, ``Fields`` or :class:`jaxrf.SizeFreeAnalysis`.
        ax: axes to draw into; by default those of a new single-column figure.

    Raises:
        InvalidInput: no end-point of any of them has a size, or one is no analysis.
    """
    check_result("fields", models, "a mapping from names to analyses", "items")
    for model in models.values():
        check_result("fields", model, "an analysis of every model", "values")
    curves = {name: _sizes(model) for name, model in models.items()}
    if not any(curves.values()):
        raise InvalidInput(
            "plot: got models without a size r anywhere, need a local path; see their tables"
        )
    axes_of = [len(next(iter(model.values())).size) for model in models.values()]
    with style.context():
        new = ax is None
        ax = style.axes_or_new(ax)
        lines: dict[str, Line2D] = {}
        for number, (name, points) in enumerate(curves.items()):
            color = style.CATEGORIES[number % len(style.CATEGORIES)]
            marker = {"marker": "o", "markersize": 2.5, "linewidth": 0.8}
            (lines[name],) = ax.plot(
                [at for at, _ in points],
                [r for _, r in points],
                color=color,
                label=verbatim(name) or "_nolegend_",
                **marker,  # type: ignore[arg-type]
            )
        lengths = {n for model in models.values() if (n := _length(model)) is not None}
        inputs = tuple(
            ax.axhline(n, color="0.6", linewidth=0.7, linestyle=style.CLIPPED, label=f"input: {n}")
            for n in sorted(lengths)
        )
        ax.set_yscale("log", base=2)
        ax.yaxis.set_major_formatter(ScalarFormatter())
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.set(
            xlim=(0, 1.03),
            xlabel="end-points, from the input (0) to the output (1)",
            ylabel=f"receptive field r (input {unit(min(axes_of))})",
        )
        ax.grid(color="0.92", linewidth=0.4)
        ax.set_axisbelow(True)
        handles = [line for name, line in lines.items() if name]
        legend = style.finish(ax, [*handles, *inputs], new=new)
    return FieldArtists(ax, lines, inputs, legend)


def _sizes(model: Any) -> list[tuple[float, int]]:
    """(place from 0 to 1, r) of every end-point that has one."""
    count = len(model)
    found = []
    for n, field in enumerate(model.values(), start=1):
        sizes = [r for r in field.size if r is not None]
        if sizes:
            found.append((n / count, max(sizes)))
    return found


def _length(model: Any) -> int | None:
    """The longest axis of the input; None where lengths are free."""
    output = next(reversed(list(model.values())))
    lengths = [getattr(axis, "length", None) for axis in output.axes]
    return max((n for n in lengths if n is not None), default=None)
