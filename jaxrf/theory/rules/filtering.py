"""Walks through products, quotients and sums of spectra: filters, in time."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from jaxrf.geometry.words import IDENTITY, Read
from jaxrf.program.program import Equation
from jaxrf.program.zeros import Lines
from jaxrf.theory.rules.access import laid
from jaxrf.theory.rules.combining import not_real, single_tap
from jaxrf.theory.rules.filters import Kernel
from jaxrf.theory.rules.spectra import (
    Pending,
    before_contraction,
    contraction_dims,
    half,
    operand_pending,
    timed,
)
from jaxrf.theory.rules.walks import Path, Walk, follow

__all__: list[str] = []


@follow("add", "sub", "add_any")
def total(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """The paths of both."""
    paths: list[Path] = []
    for n, shape in enumerate(eq.in_shapes):
        if eq.inputs[n] not in walk.program.dependent:
            continue
        if shape != eq.out_shapes[0]:
            return None
        paths += walk.operand(eq, n, pending, depth)
    return paths


@follow("mul")
def product(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """Each factor that the input can influence, through the other."""
    paths: list[Path] = []
    for n in range(2):
        if eq.inputs[n] in walk.program.dependent:
            paths += _factor(walk, eq, n, pending, depth)
    return paths


def _factor(walk: Walk, eq: Equation, n: int, pending: Pending, depth: int) -> list[Path]:
    """One factor of a product, convolved with the other one."""
    output = eq.out_shapes[0]
    here = operand_pending(eq.in_shapes[n], output, pending)
    there = operand_pending(eq.in_shapes[1 - n], output, pending)
    found = walk.kernel(eq.inputs[1 - n], there)
    other = Kernel(single_tap(found, there, timed(output, pending), pending), found.real)
    if not found.real:
        other = Kernel(not_real(other.lines, pending), False)
    places = {d: d for d, bins in enumerate(here) if bins}
    steps = walk.convolved(eq.inputs[n], here, other, places)
    if steps is None:
        return []
    before, after = timed(eq.in_shapes[n], here), timed(output, pending)
    where = _where(other.lines, places)
    if before != after or where is not None:
        steps.append((Read(_broadcast_read(before, after).dims, where), after))
    return walk.operand(eq, n, here, depth, steps)


def _where(lines: Lines, convolved: Collection[int]) -> np.ndarray | None:
    """Where the other factor may differ from zero, along dimensions that are not convolved."""
    open_ = np.ones((1,) * len(lines), bool)
    for d, line in enumerate(lines):
        if d not in convolved and not line.all():
            open_ = open_ & laid(line, d, len(lines))
    return None if open_.all() else open_


def _broadcast_read(operand: tuple[int, ...], output: tuple[int, ...]) -> Read:
    if len(operand) != len(output):
        return Read.everything(len(output))
    dims = enumerate(zip(operand, output, strict=True))
    return Read(tuple((d, IDENTITY) if n == m else None for d, (n, m) in dims))


@follow("div")
def quotient(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """By a number, as scaled transforms are; the reciprocal of a spectrum has every tap."""
    if eq.inputs[1] in walk.program.dependent or eq.in_shapes[0] != eq.out_shapes[0]:
        return None
    there = operand_pending(eq.in_shapes[1], eq.out_shapes[0], pending)
    found = walk.kernel(eq.inputs[1], there)
    if any(bins and line[1:].any() for line, bins in zip(found.lines, there, strict=True)) or (
        half(pending) and not found.real
    ):
        shape = timed(eq.out_shapes[0], pending)
        ones = Kernel(tuple(np.ones(n, bool) for n in shape), True)
        places = {d: d for d, bins in enumerate(pending) if bins}
        steps = walk.convolved(eq.inputs[0], pending, ones, places)
        return walk.operand(eq, 0, pending, depth, steps or ())
    return walk.operand(eq, 0, pending, depth)


@follow("dot_general")
def dot(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """Channels mixed, frequency by frequency, or the same way for all frequencies."""
    shape, paths = timed(eq.out_shapes[0], pending), []
    for side in (0, 1):
        if eq.inputs[side] in walk.program.dependent:
            paths += _side(walk, eq, side, pending, depth, shape)
    return paths


def _side(
    walk: Walk, eq: Equation, side: int, pending: Pending, depth: int, shape: tuple[int, ...]
) -> list[Path]:
    """One side of a product of matrices, convolved with the other one."""
    here, dims = before_contraction(eq, side, pending), contraction_dims(eq, side)
    found = walk.kernel(eq.inputs[1 - side], before_contraction(eq, 1 - side, pending))
    lines = [
        np.ones(n, bool) if bins is None else np.arange(n) == 0
        for n, bins in zip(shape, pending, strict=True)
    ]
    for d, target in contraction_dims(eq, 1 - side).items():
        lines[target] = found.lines[d]
    if not found.real:
        lines = list(not_real(tuple(lines), pending))
    places = {d: dims[d] for d, bins in enumerate(here) if bins}
    steps = walk.convolved(eq.inputs[side], here, Kernel(tuple(lines), True), places)
    if steps is None:
        return []
    follows: list = [None] * len(shape)
    for d, target in dims.items():
        follows[target] = (d, IDENTITY)
    steps.append((Read(tuple(follows), _where(tuple(lines), places.values())), shape))
    return walk.operand(eq, side, here, depth, steps)
