"""``Positions``: the output positions of an end-point, their theoretical centres and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.geometry.field import AxisField
from jaxrf.theory.analysis import Analysis

__all__ = ["MOST", "Positions", "positions_of"]

MOST = 16384  # positions, each of which costs one backward pass per sample


@dataclass(frozen=True, eq=False)
class Positions:
    """Output positions on a grid, with the theoretical centres and borders of their fields.

    Attributes:
        endpoint: name of the feature map.
        indices: per axis, the output indices.
        image: length of the input per axis.
        axes: the theoretical field per axis.
        centers: per axis, the theoretical centre of every index, input pixels; NaN for one that
            reads nothing but padding.
    """

    endpoint: str
    indices: tuple[np.ndarray, ...]
    image: tuple[int, ...]
    axes: tuple[AxisField, ...]
    centers: tuple[np.ndarray, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Positions per axis."""
        return tuple(map(len, self.indices))

    @cached_property
    def at(self) -> np.ndarray:
        """Int [P, n], the output index of every position, the last axis fastest."""
        return _listed(self.indices)

    @cached_property
    def center(self) -> np.ndarray:
        """[P, n], the theoretical centre of every position."""
        return _listed(self.centers)

    @property
    def period(self) -> tuple[int, ...]:
        """T per axis, the number of outputs after which the field repeats."""
        return tuple(a.period for a in self.axes)

    @property
    def shift(self) -> tuple[int, ...]:
        """D per axis, the input pixels by which the field moves in a period; 1 if not constant."""
        return tuple(abs(a.shift) if a.shift and a.phases else 1 for a in self.axes)

    @cached_property
    def sides(self) -> np.ndarray:
        """Int [P, n]: -1 where the field leaves the image at its beginning, 1 at its end, else 0.

        An axis without a local path has no border.
        """
        lines = []
        for axis, found, length in zip(self.axes, self.indices, self.image, strict=True):
            line = np.zeros(len(found), int)
            if axis.phases:
                fields = [axis.interval(int(i)) for i in found]
                after = np.array([f.high - length + 1 for f in fields])
                before = np.array([-f.low for f in fields])
                line = np.where(np.maximum(before, after) > 0, np.sign(after - before), 0)
                line[(line == 0) & (np.maximum(before, after) > 0)] = 1  # it leaves both alike
            lines.append(line)
        return _listed(lines)

    @cached_property
    def groups(self) -> dict[str, np.ndarray]:
        """Bool [P] of the positions that are not empty: interior, border, corner.

        The field of an interior position lies inside the image; that of a corner leaves it along
        every axis, of which there are two or more.
        """
        out = (self.sides != 0).sum(1)
        rank = self.sides.shape[1]
        found = {"interior": out == 0, "border": (out > 0) & ((out < rank) | (rank == 1))}
        if rank > 1:
            found["corner"] = out == rank
        alive = np.isfinite(self.center).all(1)
        return {name: g & alive for name, g in found.items() if (g & alive).any()}

    @cached_property
    def whole_pixels(self) -> tuple[np.ndarray, ...]:
        """Per axis, bool: the pixels that no output beyond the borders would have read."""
        lines = []
        for axis, found, length in zip(self.axes, self.indices, self.image, strict=True):
            line, count = np.ones(length, bool), int(found[-1]) + 1
            if axis.phases and axis.shift and axis.shift > 0:
                before = max(axis.interval(-1 - t).high for t in range(axis.period))
                after = min(axis.interval(count + t).low for t in range(axis.period))
                line = (np.arange(length) > before) & (np.arange(length) < after)
            lines.append(line)
        return tuple(lines)


def _listed(lines: Sequence[np.ndarray]) -> np.ndarray:
    """[P, n], every combination of one value per axis, the last axis fastest."""
    return np.stack(np.meshgrid(*lines, indexing="ij"), -1).reshape(-1, len(lines))


def positions_of(analysis: Analysis, name: str, step: int = 1) -> Positions:
    """Every position of an end-point, or every ``step``-th along each axis.

    Raises:
        InvalidInput: a step below 1, one dimension that follows several axes, too many positions.
    """
    if step < 1:
        raise InvalidInput(f"step: got {step}, need at least 1")
    grid, field = analysis.output_grid(name), analysis[name]
    followed = [d for d in grid.dims if d is not None]
    if len(set(followed)) < len(followed):
        raise InvalidInput(
            f"positions of {name}: got one dimension that follows several axes, need one for each; "
            "measure single positions instead (--at)"
        )
    indices = tuple(np.arange(0, n, step) for n in grid.counts)
    count = int(np.prod([len(i) for i in indices]))
    if count > MOST:
        raise InvalidInput(
            f"positions of {name}: got {count}, each of which takes a backward pass per sample, "
            f"need {MOST} at most; take every N-th (step, --step N)"
        )
    local = all(a.phases for a in field.axes)
    centers = tuple(_centers(a, i, local) for a, i in zip(field.axes, indices, strict=True))
    image = tuple(analysis.shape[a] for a in analysis.spatial_axes)
    return Positions(name, indices, image, field.axes, centers)


def _centers(axis: AxisField, indices: np.ndarray, local: bool) -> np.ndarray:
    """The theoretical centre of every index, as in :mod:`jaxrf.measure.field_location`."""
    found = []
    for index in indices.tolist():
        exact = axis.exact[index if len(axis.exact) > 1 else 0]
        field = axis.interval(index) if local or axis.phases else exact
        found.append(np.nan if exact is None or field is None else field.center)
    return np.array(found)
