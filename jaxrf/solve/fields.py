"""From the reach of a node to its public field and its exact intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jaxrf.geometry import AxisField, Interval
from jaxrf.solve.reach import Reach
from jaxrf.solve.spans import filled

__all__ = ["axis_field", "exact_intervals", "output_dim"]


def output_dim(reach: Reach) -> int | None:
    """The dimension of the node that follows the input axis, None where none does."""
    return next(iter(reach.follows), None)


def axis_field(
    reach: Reach,
    axis: int,
    length: int,
    label: Callable[[int], str],
    shape: tuple[int, ...],
) -> AxisField:
    """The field of a node along one input axis.

    Args:
        reach: of the node.
        axis: of the input.
        length: of that axis.
        label: index of a node -> its operation and source line.
        shape: of the node.
    """
    dim = output_dim(reach)
    along, law = _along(reach.virtual, dim), None if dim is None else reach.laws[dim]
    some = filled(along)
    phases: tuple[Interval, ...] = ()
    if some.any():
        if law is not None and len(some) < law.period:
            law = None
        count = len(some) if law is None else law.period
        phases = _gapless(along, some, count)
    return AxisField(
        axis=axis,
        length=length,
        phases=phases,
        shift=None if law is None else law.shift,
        aligned=reach.misaligned is None,
        global_via=None if reach.seen is None else label(reach.seen),
        approximate=None if reach.unknown is None else label(reach.unknown),
        growing=law is None and (reach.growing or _grows(phases)),
        exact=tuple(exact_intervals(reach, shape)),
    )


def _grows(phases: tuple[Interval, ...]) -> bool:
    """Whether one end stays where it is while the other one moves: states of a recurrence."""
    lows, highs = {p.low for p in phases}, {p.high for p in phases}
    return len(phases) > 2 and (len(lows) == 1) != (len(highs) == 1)


def exact_intervals(reach: Reach, shape: tuple[int, ...]) -> list[Interval | None]:
    """Smallest interval of real inputs for every output index along its dimension.

    None where an output sees nothing. One entry where no dimension follows the axis.
    """
    dim = output_dim(reach)
    along = _along(reach.exact, dim)
    if dim is not None and along.shape[1] == 1:
        along = np.repeat(along, shape[dim], 1)
    return [
        _interval(along[:, i]) if filled(along[:, i : i + 1])[0] else None
        for i in range(along.shape[1])
    ]


def _along(spans: np.ndarray, dim: int | None) -> np.ndarray:
    """[2, n]: the union over every other dimension."""
    others = tuple(d for d in range(1, spans.ndim) if dim is None or d != dim + 1)
    return spans.min(others).reshape(2, -1)


def _gapless(along: np.ndarray, some: np.ndarray, count: int) -> tuple[Interval, ...]:
    """Intervals of outputs 0 to ``count`` - 1; one that reads nothing is empty, after the last."""
    first = int(np.argmax(some))
    before = Interval(int(along[0, first]), int(along[0, first]) - 1)
    phases = []
    for i in range(count):
        if some[i]:
            phases.append(_interval(along[:, i]))
            before = Interval(phases[-1].high + 1, phases[-1].high)
        else:
            phases.append(before)
    return tuple(phases)


def _interval(span: np.ndarray) -> Interval:
    return Interval(int(span[0]), -int(span[1]))
