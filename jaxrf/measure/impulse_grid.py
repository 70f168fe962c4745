"""Grids of impulses in one backward pass: where the impulses are, and how their maps are averaged.

Impulses with independent random signs have no cross terms in E g^2, so the energy of one pass is
the sum of their fields. Cut about every impulse and averaged ("folded" onto the central one), it
has one sample of the field per impulse, provided that their fields are the same (same phase, none
cut by the border) and do not overlap. The impulses share the weights of the pass, so that it is
worth fewer samples than that (docs/erf.md). Where the pitch is not less than the theoretical size
r, fields cannot overlap; where it is at least 6 sigma, 0.27 % of the energy of an axis lies in a
neighbour's cell, and is folded back: sigma comes out 0.4 % too small, the excess kurtosis about 0.3
too small (for a Gaussian; measured in ``experiments/positions.py``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxrf.geometry.field import AxisField
from jaxrf.geometry.interval import Interval
from jaxrf.theory.analysis import Analysis

__all__ = ["Grid", "choose_grid"]

SAFE = 6.0  # smallest pitch, in sigmas


@dataclass(frozen=True)
class Grid:
    """Impulses on a grid about the feature that is measured.

    Attributes:
        features: per spatial axis, the output indices of the impulses.
        offsets: per spatial axis, the distance of their fields from the measured one, input pixels.
        pitch: per spatial axis, input pixels between neighbours; 0 where there is only one.
        window: per spatial axis, the part of the map about the centre that is measured.
    """

    features: tuple[tuple[int, ...], ...]
    offsets: tuple[tuple[int, ...], ...]
    pitch: tuple[int, ...]
    window: tuple[Interval, ...]

    @property
    def count(self) -> int:
        """Impulses in one pass."""
        return math.prod(map(len, self.features))

    def fold(self, maps: np.ndarray) -> np.ndarray:
        """The mean of maps [n, *spatial] about the impulses, about the measured one.

        It is zero outside the window, where nothing is known.
        """
        folded = np.zeros_like(maps)
        cell = (slice(None), *(slice(w.low, w.high + 1) for w in self.window))
        for offset in itertools.product(*self.offsets):
            moved = (w.shift(o) for w, o in zip(self.window, offset, strict=True))
            folded[cell] += maps[(slice(None), *(slice(w.low, w.high + 1) for w in moved))]
        return folded / self.count


def choose_grid(
    analysis: Analysis,
    name: str,
    at: Sequence[int],
    positions: int,
    sigma: Callable[[], Sequence[float]],
) -> Grid | str:
    """A grid of as many impulses as are asked for and safe, as far apart as there is room.

    Args:
        analysis: of the model.
        name: of the end-point.
        at: the feature that is measured.
        positions: impulses wanted.
        sigma: called for a first estimate per axis, input pixels, where fields of the theoretical
            size have no room.

    Returns:
        The grid, or the reason why there is none.
    """
    field = analysis[name]
    if field.is_global:
        return "a path sees the whole image"
    if any(not axis.phases or axis.shift in (None, 0) for axis in field.axes):
        return "the fields of neighbours are not each other's translates"
    shape = analysis.grid(name)
    inner = [_inner(*a) for a in zip(field.axes, at, shape, strict=True)]
    if any(0 not in places for places in inner):
        return "the border cuts the field of the feature"
    wanted = max(1, math.floor(positions ** (1 / len(at)) + 1e-9))
    least = [axis.interval(i).size for axis, i in zip(field.axes, at, strict=True)]
    steps = [
        _widest(places, axis.shift, low, wanted)
        for places, axis, low in zip(inner, field.axes, least, strict=True)
    ]
    if math.prod(len(s[0]) for s in steps) < wanted ** len(at):
        least = [min(r, math.ceil(SAFE * s)) for r, s in zip(least, sigma(), strict=True)]
        steps = [
            _widest(places, axis.shift, low, wanted)
            for places, axis, low in zip(inner, field.axes, least, strict=True)
        ]
    if math.prod(len(s[0]) for s in steps) == 1:
        return (
            f"the image has no room for two fields {' x '.join(map(str, least))} pixels apart, "
            "both inside; enlarge it"
        )
    return _grid(field.axes, at, steps)


def _inner(axis: AxisField, index: int, outputs: int) -> range:
    """Multiples of the period whose features, from the given one, have fields inside the image."""
    image = Interval(0, (axis.length or 0) - 1)
    inside = [
        m
        for m in range(-(index // axis.period), (outputs - 1 - index) // axis.period + 1)
        if axis.interval(index + m * axis.period) in image
    ]
    return range(inside[0], inside[-1] + 1) if inside else range(0)


def _widest(places: range, shift: int | None, least: int, wanted: int) -> tuple[range, int]:
    """(multiples of the period that get an impulse, pitch in pixels) on one axis."""
    shift = abs(shift or 1)
    smallest = max(1, math.ceil(least / shift))
    chosen = range(0, 1)
    for step in range(len(places), smallest - 1, -1):
        below, above = -places[0] // step, places[-1] // step
        if below + above + 1 >= min(wanted, 2) and below + above + 1 > len(chosen):
            count = min(wanted, below + above + 1)
            first = -min(below, max(count // 2, count - 1 - above))
            chosen = range(first * step, (first + count) * step, step)
        if len(chosen) >= wanted:
            break
    return chosen, shift * (chosen.step if len(chosen) > 1 else 0)


def _grid(axes: Sequence[AxisField], at: Sequence[int], steps: Sequence[tuple[Any, Any]]) -> Grid:
    window = []
    for axis, index, (_, pitch) in zip(axes, at, steps, strict=True):
        whole = axis.interval(index)
        if pitch and pitch < whole.size:  # |x - centre| < pitch / 2: as far to either side
            low = math.floor(whole.center - pitch / 2) + 1
            whole = Interval(low, math.ceil(whole.center + pitch / 2) - 1)
        window.append(whole)
    return Grid(
        features=tuple(
            tuple(i + m * axis.period for m in chosen)
            for axis, i, (chosen, _) in zip(axes, at, steps, strict=True)
        ),
        offsets=tuple(
            tuple(m * (axis.shift or 0) for m in chosen)
            for axis, (chosen, _) in zip(axes, steps, strict=True)
        ),
        pitch=tuple(pitch for _, pitch in steps),
        window=tuple(window),
    )
