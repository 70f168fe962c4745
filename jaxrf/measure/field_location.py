"""``FieldLocation``: where the field of one output feature lies, and its theoretical centre."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jaxrf.errors import InvalidInput
from jaxrf.geometry.interval import Interval
from jaxrf.theory.analysis import Analysis

__all__ = ["FieldLocation", "field_location"]


class FieldLocation(NamedTuple):
    """The location of the theoretical field of a feature, input pixels.

    Attributes:
        virtual: theoretical field, which may leave the image; None where there is no local path.
        box: theoretical field inside the image, with all pixels that are read across its borders.
        center: theoretical centre (eq 11), about which numbers are taken.
    """

    virtual: tuple[Interval, ...] | None
    box: tuple[Interval, ...]
    center: tuple[float, ...]

    @property
    def crop(self) -> tuple[slice, ...]:
        """The part of a map inside the box."""
        return tuple(slice(i.low, i.high + 1) for i in self.box)

    @property
    def crop_center(self) -> tuple[float, ...]:
        """The centre in coordinates of the crop."""
        return tuple(c - i.low for c, i in zip(self.center, self.box, strict=True))

    def within(self, window: Sequence[Interval]) -> FieldLocation:
        """The location with the part of the box inside a window."""
        box = tuple(
            Interval(max(b.low, w.low), min(b.high, w.high))
            for b, w in zip(self.box, window, strict=True)
        )
        return self._replace(box=box)


def field_location(analysis: Analysis, name: str, at: tuple[int, ...]) -> FieldLocation:
    """The location of the field of a feature.

    Along an axis without a local path, the centre is the middle of the exact support.

    Raises:
        InvalidInput: only padding reaches the feature.
    """
    field = analysis[name]
    exact = analysis.support(name, at).box
    if exact is None:
        raise InvalidInput(f"{name} at {at}: no real input can influence it, its field is padding")
    whole = tuple(Interval(0, analysis.shape[a] - 1) for a in analysis.spatial_axes)
    if any(not a.phases for a in field.axes):
        center = tuple(
            (axis.interval(i) if axis.phases else e).center
            for axis, i, e in zip(field.axes, at, exact, strict=True)
        )
        return FieldLocation(None, whole, center)
    virtual = field.box(at)
    box = (
        whole if field.is_global else _around(virtual, exact, analysis.shape, analysis.spatial_axes)
    )
    return FieldLocation(virtual, box, field.center(at))


def _around(
    virtual: Sequence[Interval],
    exact: Sequence[Interval],
    shape: Sequence[int],
    axes: Sequence[int],
) -> tuple[Interval, ...]:
    """The field inside the image, widened by what circular or reflected padding reads."""
    inside = [v.clip(shape[a]) or e for v, e, a in zip(virtual, exact, axes, strict=True)]
    return tuple(
        Interval(min(i.low, e.low), max(i.high, e.high)) for i, e in zip(inside, exact, strict=True)
    )
