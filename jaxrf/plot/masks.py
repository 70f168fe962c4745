"""Sets of inputs: which positions belong to which of a few sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.patches import Patch

from jaxrf.plot import style
from jaxrf.report.units import unit

__all__ = ["MaskArtists", "masks"]

COLORS = (style.MEASURED, style.BOX, style.GAUSSIAN)


@dataclass(frozen=True)
class MaskArtists:
    """The artists of :func:`masks`.

    Attributes:
        axes: the axes drawn into.
        image: 0 outside all sets, n in set n.
        legend: names of the sets that have members, and of what is outside.
    """

    axes: Axes
    image: AxesImage
    legend: Legend | None


def masks(
    sets: Mapping[str, np.ndarray], *, title: str = "", ax: Axes | None = None
) -> MaskArtists:
    """Draw sets that have no member in common, over grey.

    Args:
        sets: name -> bool [*spatial], all of one shape; one axis is a strip, of three and more
            axes all but the last two are united.
        title: over new axes; a user's axes keep their own.
        ax: axes to draw into; by default those of a new single-column figure.
    """
    first = next(iter(sets.values()))
    with style.context():
        new = ax is None
        ax = style.axes_or_new(ax, height=1.2 if first.ndim == 1 else 2.85)
        values = np.zeros(_plane(first).shape, int)
        for number, mask in enumerate(sets.values(), start=1):
            values[_plane(mask)] = number
        colors = [style.OUTSIDE, *COLORS[: len(sets)]]
        image = ax.imshow(
            values,
            cmap=ListedColormap(colors),
            vmin=-0.5,
            vmax=len(sets) + 0.5,
            interpolation="none",
            aspect="auto" if first.ndim == 1 else "equal",
        )
        word = unit(first.ndim)
        ax.set_xlabel(f"x (input {word})" if first.ndim > 1 else f"position (input {word})")
        if first.ndim == 1:
            ax.set_yticks([])
        else:
            ax.set_ylabel(f"y (input {word})")
            style.whole_pixel_ticks(ax.yaxis)
        style.whole_pixel_ticks(ax.xaxis)
        names = ["outside", *sets]
        some = [n for n in range(len(names)) if (values == n).any()]
        handles = [Patch(facecolor=colors[n], label=names[n]) for n in some]
        legend = style.finish(ax, handles, new=new)
        if new and title and ax.figure is not None:
            ax.figure.figure.suptitle(title, fontsize=7)
    return MaskArtists(ax, image, legend)


def _plane(mask: np.ndarray) -> np.ndarray:
    """An array of any number of dimensions as a plane of two."""
    if mask.ndim == 1:
        return mask[None]
    return np.asarray(mask.any(tuple(range(mask.ndim - 2))))
