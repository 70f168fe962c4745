"""``draw``: the figure of any result, chosen by its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxrf.errors import InvalidInput
from jaxrf.plot.text import verbatim

__all__ = ["draw", "figure_of"]


def draw(result: Any, *, ax: Axes | None = None) -> Any:
    """Draw what a function of jaxrf has returned.

    Args:
        result: an ``Analysis`` (or several by name: a mapping), a ``SizeFreeAnalysis``, an ``ERF``,
            ``Prediction``, ``Support``, ``MeasuredSupport``, ``Unread``, ``PathEnergy``,
            ``ChannelFields``, ``FieldGrid``, ``Comparison``, a recipe's ``Reproduction``, or
            ``Paths``.
        ax: axes to draw into; those of a new figure by default. A ``FieldGrid`` and a
            ``Comparison`` fill a figure of their own.

    Returns:
        The artists, or the figure of what fills one; see :func:`figure_of`.

    Raises:
        InvalidInput: a result that has no figure, or axes for what fills a figure.
    """
    names = [cls.__name__ for cls in type(result).__mro__]
    whole = next((WHOLE[n] for n in names if n in WHOLE), None)
    if whole is not None:
        if ax is not None:
            raise InvalidInput(
                f"ax: got axes for a {names[0]}, which fills a figure; need none: leave it out"
            )
        return whole(result)
    made = next((SINGLE[n] for n in names if n in SINGLE), None)
    if made is None and isinstance(result, Mapping) and result:
        made = _several
    if made is None:
        raise InvalidInput(
            f"draw: got {names[0]}, which has no figure; need one of "
            f"{', '.join(sorted({*SINGLE, *WHOLE}))}, or a mapping from names to analyses"
        )
    return made(result, ax)


def figure_of(drawn: Any) -> Figure:
    """The figure that was drawn into, from what a function of :mod:`jaxrf.plot` has returned."""
    if isinstance(drawn, Figure):
        return drawn
    figure: Figure = drawn.axes.figure.figure  # at the root, of what may be a subfigure
    return figure


def _erf(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.measured import erf

    return erf(result, ax=ax)


def _prediction(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.heatmap import heat_map

    return heat_map(result, ax=ax)


def _analysis(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.fields import fields

    return fields({"": result}, ax=ax)


def _several(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.fields import fields

    return fields(result, ax=ax)


def _support(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.masks import masks

    return masks({"in the support": result.mask}, title=verbatim(result.sentence), ax=ax)


def _unread(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.masks import masks

    return masks({"never read": result.mask}, title=verbatim(result.table().title), ax=ax)


def _measured(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.masks import masks

    exact, found = result.exact.mask, result.support.mask
    sets = {"theory and measured": exact & found, "measured alone": found & ~exact}
    sets["theory alone"] = exact & ~found
    return masks(sets, title=verbatim(result.exact.sentence), ax=ax)


def _paths(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.bars import bars

    return bars(
        range(len(result.share)),
        result.share,
        xlabel="residual branches passed",
        ylabel="share of the energy",
        ax=ax,
    )


def _channels(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.bars import bars

    return bars(
        range(len(result.order)),
        result.width[result.order],
        xlabel="channel, the widest field first",
        ylabel=f"σ (input {'samples' if result.centroid.shape[-1] == 1 else 'pixels'})",
        ax=ax,
    )


def _maps(result: Any, ax: Axes | None) -> Any:
    from jaxrf.plot.bars import bars

    sizes = [field.size or 0 for field in result.maps.values()]
    return bars(
        range(len(sizes)),
        sizes,
        xlabel="feature map, in the order of the graph",
        ylabel="r of the output in it",
        ax=ax,
    )


def _report(result: Any) -> Figure:
    from jaxrf.plot.measured import report

    return report(result)


def _everywhere(result: Any) -> Figure:
    from jaxrf.plot.everywhere import everywhere

    return everywhere(result)


SINGLE: dict[str, Callable[[Any, Axes | None], Any]] = {  # by the name of a class: no import of it
    "Analysis": _analysis,
    "ChannelFields": _channels,
    "ERF": _erf,
    "Fields": _analysis,
    "MeasuredSupport": _measured,
    "Models": _several,
    "PathEnergy": _paths,
    "Paths": _maps,
    "Prediction": _prediction,
    "Reproduction": lambda result, ax: _erf(result.erf, ax),
    "SizeFreeAnalysis": _analysis,
    "Support": _support,
    "Unread": _unread,
}
WHOLE: dict[str, Callable[[Any], Figure]] = {"Comparison": _report, "FieldGrid": _everywhere}
