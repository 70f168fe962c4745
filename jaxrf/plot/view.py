"""The part of an ERF map that a figure shows: checks, slices through the centre, ends of the box.

Coordinates are input pixels, 0-based, pixel centres at integers; a box is ``((lo, hi), ...)`` per
spatial axis with inclusive ends, so that it covers lo - 0.5 to hi + 0.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np

from jaxrf.errors import InvalidInput

MARGIN = 0.06  # of the box, left free on either side


@dataclass(frozen=True)
class Span:
    """One axis of a map: the pixels that are shown and the ends of the box.

    Attributes:
        first: first pixel shown.
        last: last pixel shown, inclusive.
        ends: edges of the box in pixel coordinates, moved to the image border where clipped;
            None without a box.
        clipped: for each end, whether the box reaches beyond the image.
        size: pixels that the whole box spans, those beyond the image too; None without a box.
    """

    first: int
    last: int
    ends: tuple[float, float] | None = None
    clipped: tuple[bool, bool] = (False, False)
    size: int | None = None

    @property
    def limits(self) -> tuple[float, float]:
        """Outer edges of the pixels shown."""
        return self.first - 0.5, self.last + 0.5


def map_of(
    energy: Any, center: Sequence[float] | None, box: Sequence[Any] | None, fit: Any
) -> tuple[np.ndarray, Sequence[float], list[tuple[int, int]] | None, Any]:
    """Map, centre, box and fit of an array and what goes with it, or of a field that has them all.

    Raises:
        InvalidInput: an array without a centre.
    """
    if isinstance(getattr(energy, "map", None), np.ndarray):
        field = energy
        energy, fit = field.map, field.fit if fit is None else fit
        center = field.center if center is None else center
        box = (field.virtual or field.box) if box is None else box
    if center is None:
        raise InvalidInput(
            f"plot: got {type(energy).__name__} without a center, need an ERF or a Prediction, or "
            "a map with center= in input pixels"
        )
    ends = None if box is None else [_ends(interval) for interval in box]
    return np.asarray(energy, dtype=np.float64), center, ends, fit


def _ends(interval: Any) -> tuple[int, int]:
    """(lo, hi) of a pair or of an ``Interval``."""
    low, high = (interval.low, interval.high) if hasattr(interval, "low") else interval
    return low, high


def span(length: int, interval: Sequence[int] | None) -> Span:
    """The part of an axis to show: the box with a margin, inside the image.

    A box that misses the image altogether shows the whole axis.

    Args:
        length: pixels of the axis.
        interval: (lo, hi) of the box, inclusive; None shows the whole axis.

    Returns:
        The span.
    """
    if interval is None:
        return Span(0, length - 1)
    low, high = interval
    margin = max(2, round(MARGIN * (high - low + 1)))
    shown = (low - margin, high + margin) if low < length and high >= 0 else (0, length - 1)
    first, last = np.clip(shown, 0, length - 1).tolist()
    return Span(
        first=first,
        last=last,
        ends=tuple(np.clip([low - 0.5, high + 0.5], -0.5, length - 0.5).tolist()),
        clipped=(low < 0, high > length - 1),
        size=high - low + 1,
    )


def spans(
    energy: np.ndarray,
    center: Sequence[float],
    box: Sequence[Sequence[int]] | None,
    **companions: np.ndarray | None,
) -> list[Span]:
    """The span of every axis, after checking that all arguments of a figure fit each other.

    Args:
        energy: float64 [*spatial], non-negative.
        center: one coordinate per spatial axis, input pixels.
        box: (lo, hi) per spatial axis, inclusive, or None.
        **companions: arrays by name that must have the shape of the map, or None.

    Returns:
        One span per spatial axis.

    Raises:
        InvalidInput: where they do not fit, or the map holds no energy.
    """
    n = np.ndim(energy)
    if n not in (1, 2, 3) or len(center) != n or (box is not None and len(box) != n):
        raise InvalidInput(
            f"plot: got a map of shape {np.shape(energy)}, center {tuple(center)} and box {box}, "
            "needed 1 to 3 spatial axes and one entry per axis; drop batch and channel axes"
        )
    if not (np.all(np.isfinite(energy)) and np.max(energy) > 0):
        raise InvalidInput(
            "plot: got a map without a finite positive peak, needed mean squared gradients; "
            "measure an output that depends on the input"
        )
    for name, values in companions.items():
        if values is not None and np.shape(values) != energy.shape:
            raise InvalidInput(
                f"plot: got {name} of shape {np.shape(values)}, needed the map's shape "
                f"{energy.shape}; pass one value per input pixel"
            )
    return [span(size, box[i] if box is not None else None) for i, size in enumerate(energy.shape)]


def through_center(values: np.ndarray, center: Sequence[float], keep: Sequence[int]) -> np.ndarray:
    """Slice through the centre along some axes: the mean of the two slices where half-way.

    Args:
        values: array [*spatial].
        center: one coordinate per spatial axis, input pixels.
        keep: the axes that the slice runs along, ascending, not negative.

    Returns:
        float64 array of the lengths of the kept axes.
    """
    values = np.asarray(values, dtype=np.float64)
    for axis in reversed([axis for axis in range(values.ndim) if axis not in keep]):
        nearest = [ceil(center[axis] - 0.5), floor(center[axis] + 0.5)]
        inside = np.clip(nearest, 0, values.shape[axis] - 1)
        values = values.take(inside, axis=axis).mean(axis=axis)
    return values
