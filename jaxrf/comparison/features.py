"""The features of an end-point that are compared: corner, edge, centre, and a random one."""

from __future__ import annotations

import numpy as np

from jaxrf.geometry.field import AxisField
from jaxrf.geometry.interval import Interval
from jaxrf.theory.analysis import Analysis

__all__ = ["features"]


def features(analysis: Analysis, endpoint: str, *, seed: int = 0) -> dict[str, tuple[int, ...]]:
    """Corner, edge, centre and a random interior feature of an end-point, without repetition.

    Interior: its whole field lies inside the image. Where the centre is the only such feature, the
    random one is any other.
    """
    field, grid = analysis[endpoint], analysis.grid(endpoint)
    dims = analysis.output_grid(endpoint).dims
    sizes = dict(zip(dims, grid, strict=True))  # axes that one dimension follows share an index
    moving = [d for d, n in sizes.items() if n > 1]
    middle = {d: n // 2 for d, n in sizes.items()}
    last = {d: n - 1 for d, n in sizes.items()}
    chosen = {
        "corner": dict.fromkeys(sizes, 0),
        "edge": {**middle, moving[0]: 0} if len(moving) > 1 else last,
        "center": middle,
    }
    inside = {d: set(range(n)) for d, n in sizes.items()}
    for axis, dim in zip(field.axes, dims, strict=True):
        if dim is not None:
            inside[dim] &= _inside(axis, analysis.shape[axis.axis], sizes[dim])
    rng = np.random.default_rng(seed)
    for choices in (inside, {d: range(n) for d, n in sizes.items()}):
        ordered = {d: sorted(c) for d, c in choices.items()}
        draws = range(8 if all(ordered.values()) else 0)
        candidates = [{d: int(rng.choice(c)) for d, c in ordered.items()} for _ in draws]
        if fresh := [at for at in candidates if at not in chosen.values()]:
            chosen["random"] = fresh[0]
            break
    distinct: dict[tuple[int, ...], str] = {}
    for label, index in chosen.items():
        distinct.setdefault(tuple(index[d] for d in dims), label)
    return {label: at for at, label in distinct.items()}


def _inside(axis: AxisField, length: int, count: int) -> set[int]:
    """The outputs whose whole field lies inside the image."""
    whole = Interval(0, length - 1)
    return {u for u in range(count) if axis.phases and axis.interval(u) in whole}
