"""Walks through products, quotients and sums of spectra: filters, in time."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from jaxrf.geometry.words import IDENTITY, Read
from jaxrf.program.zeros import Lines
from jaxrf.theory.rules.filters import Kernel
from jaxrf.theory.rules.kernel_arithmetic import not_real, single_tap
from jaxrf.theory.rules.read_builders import line_along
from jaxrf.theory.rules.spectra import (
    before_contraction,
    contraction_dims,
    half,
    operand_pending,
    timed,
)
from jaxrf.theory.rules.spectral_walks import WALKS, Path, WalkSite

__all__: list[str] = []


@WALKS.rule("add", "sub", "add_any")
def total(site: WalkSite) -> list[Path] | None:
    """The paths of both terms of a sum."""
    paths: list[Path] = []
    for n, shape in enumerate(site.in_shapes):
        if not site.reached(n):
            continue
        if shape != site.out_shapes[0]:
            return None
        paths += site.back(n, site.pending)
    return paths


@WALKS.rule("mul")
def product(site: WalkSite) -> list[Path] | None:
    """Each factor that the input can influence, through the other."""
    paths: list[Path] = []
    for n in range(2):
        if site.reached(n):
            paths += _factor(site, n)
    return paths


def _factor(site: WalkSite, n: int) -> list[Path]:
    """One factor of a product, convolved with the other one."""
    output = site.out_shapes[0]
    here = operand_pending(site.in_shapes[n], output, site.pending)
    there = operand_pending(site.in_shapes[1 - n], output, site.pending)
    found = site.walk.kernel(site.equation.inputs[1 - n], there)
    other = Kernel(single_tap(found, there, timed(output, site.pending), site.pending), found.real)
    if not found.real:
        other = Kernel(not_real(other.lines, site.pending), False)
    places = {d: d for d, bins in enumerate(here) if bins}
    steps = site.walk.convolved(site.equation.inputs[n], here, other, places)
    if steps is None:
        return []
    before, after = timed(site.in_shapes[n], here), timed(output, site.pending)
    where = _where(other.lines, places)
    if before != after or where is not None:
        steps.append((Read(_broadcast_read(before, after).dims, where), after))
    return site.back(n, here, steps)


def _where(lines: Lines, convolved: Collection[int]) -> np.ndarray | None:
    """Bool: where the other factor may be nonzero, along dimensions that are not convolved."""
    open_ = np.ones((1,) * len(lines), bool)
    for d, line in enumerate(lines):
        if d not in convolved and not line.all():
            open_ = open_ & line_along(line, d, len(lines))
    return None if open_.all() else open_


def _broadcast_read(operand: tuple[int, ...], output: tuple[int, ...]) -> Read:
    if len(operand) != len(output):
        return Read.everything(len(output))
    dims = enumerate(zip(operand, output, strict=True))
    return Read(tuple((d, IDENTITY) if n == m else None for d, (n, m) in dims))


@WALKS.rule("div")
def quotient(site: WalkSite) -> list[Path] | None:
    """A division by a number, as of scaled transforms; a spectrum as divisor has every tap."""
    if site.reached(1) or site.in_shapes[0] != site.out_shapes[0]:
        return None
    there = operand_pending(site.in_shapes[1], site.out_shapes[0], site.pending)
    found = site.walk.kernel(site.equation.inputs[1], there)
    if any(bins and line[1:].any() for line, bins in zip(found.lines, there, strict=True)) or (
        half(site.pending) and not found.real
    ):
        shape = timed(site.out_shapes[0], site.pending)
        ones = Kernel(tuple(np.ones(n, bool) for n in shape), True)
        places = {d: d for d, bins in enumerate(site.pending) if bins}
        steps = site.walk.convolved(site.equation.inputs[0], site.pending, ones, places)
        return site.back(0, site.pending, steps or ())
    return site.back(0, site.pending)


@WALKS.rule("dot_general")
def dot(site: WalkSite) -> list[Path] | None:
    """Channels mixed, frequency by frequency, or the same way for all frequencies."""
    shape, paths = timed(site.out_shapes[0], site.pending), []
    for side in (0, 1):
        if site.reached(side):
            paths += _side(site, side, shape)
    return paths


def _side(site: WalkSite, side: int, shape: tuple[int, ...]) -> list[Path]:
    """One side of a product of matrices, convolved with the other one."""
    eq, pending = site.equation, site.pending
    here, dims = before_contraction(eq, side, pending), contraction_dims(eq, side)
    found = site.walk.kernel(eq.inputs[1 - side], before_contraction(eq, 1 - side, pending))
    lines = [
        np.ones(n, bool) if bins is None else np.arange(n) == 0
        for n, bins in zip(shape, pending, strict=True)
    ]
    for d, target in contraction_dims(eq, 1 - side).items():
        lines[target] = found.lines[d]
    if not found.real:
        lines = list(not_real(tuple(lines), pending))
    places = {d: dims[d] for d, bins in enumerate(here) if bins}
    steps = site.walk.convolved(eq.inputs[side], here, Kernel(tuple(lines), True), places)
    if steps is None:
        return []
    follows: list = [None] * len(shape)
    for d, target in dims.items():
        follows[target] = (d, IDENTITY)
    steps.append((Read(tuple(follows), _where(tuple(lines), places.values())), shape))
    return site.back(side, here, steps)
