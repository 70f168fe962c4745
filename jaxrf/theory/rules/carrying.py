"""Walks through what carries spectra along, frequency by frequency."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np

from jaxrf.geometry.words import IDENTITY, Read, Reshape, Window
from jaxrf.program.program import Equation
from jaxrf.theory.rules.access import along, crop, transposed
from jaxrf.theory.rules.circular import turned
from jaxrf.theory.rules.spectra import (
    Pending,
    before_broadcast,
    before_reshape,
    before_sum,
    before_transpose,
    keeps_frequencies,
    opened,
    pads_time,
    some_opened,
    timed,
)
from jaxrf.theory.rules.walks import Path, Walk, follow

__all__: list[str] = []


@follow("fft")
def transform(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """One transform back; in time where it is the last one."""
    before = opened(eq, pending)
    paths = None if before is None else walk.operand(eq, 0, before, depth)
    undone = before is not None and sum(map(bool, before)) < sum(map(bool, pending))
    if undone and paths and not walk.real:  # of half a spectrum, all or nothing is undone
        return [replace(path, followed=True) for path in paths]
    if paths is None or not any(path.followed for path in paths):
        paths = _some_axes(walk, eq, pending, depth) or paths
    return paths


def _some_axes(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """A transform of which some axes, or none, are inverted: the others stay, all to all."""
    found = some_opened(eq, pending)
    if found is None:
        return None
    before, left = found
    dims = tuple(None if d in left else (d, IDENTITY) for d in range(len(pending)))
    return walk.operand(eq, 0, before, depth, [(Read(dims), timed(eq.out_shapes[0], pending))])


@follow(
    *("copy", "copy_p", "name", "neg", "reduce_precision", "sharding_constraint", "stop_gradient")
)
def same(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    if eq.in_shapes[0] != eq.out_shapes[0]:
        return None
    return walk.operand(eq, 0, pending, depth)


@follow("convert_element_type")
def convert(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """From one complex dtype to another; the real part is not the same for all frequencies."""
    if not jax.dtypes.issubdtype(eq.params["new_dtype"], np.complexfloating):
        return None
    return walk.operand(eq, 0, pending, depth)


@follow("conj")
def conjugate(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """The spectrum of the conjugate, turned round."""
    shape = timed(eq.out_shapes[0], pending)
    dims = {d: n for d, (n, bins) in enumerate(zip(shape, pending, strict=True)) if bins}
    return walk.operand(eq, 0, pending, depth, [(turned(len(shape), dims), shape)])


@follow("transpose")
def transpose(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    order, shape = eq.params["permutation"], timed(eq.out_shapes[0], pending)
    before = before_transpose(order, pending)
    return walk.operand(eq, 0, before, depth, [(transposed(order), shape)])


@follow("reshape", "squeeze", "expand_dims")
def reshape(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    before = before_reshape(eq, pending)
    if before is None:
        return None
    return walk.operand(eq, 0, before, depth, [(Reshape(), timed(eq.out_shapes[0], pending))])


@follow("broadcast_in_dim")
def broadcast(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    before, targets = before_broadcast(eq, pending), eq.params["broadcast_dimensions"]
    if sum(map(bool, before)) < sum(map(bool, pending)):
        return None  # the same for all frequencies: at time 0 alone
    dims: list = [None] * len(eq.out_shapes[0])
    for source, target in enumerate(targets):
        if eq.in_shapes[0][source] == eq.out_shapes[0][target]:
            dims[target] = (source, IDENTITY)
    step = (Read(tuple(dims)), timed(eq.out_shapes[0], pending))
    return walk.operand(eq, 0, before, depth, [step])


@follow("pad")
def pad(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """By nothing, as transforms pad what is long enough, or between the transforms of two axes."""
    if not pads_time(eq, pending) or eq.inputs[1] in walk.program.dependent:
        return None
    config, shape = eq.params["padding_config"], timed(eq.out_shapes[0], pending)
    if not any(map(any, config)):
        return walk.operand(eq, 0, pending, depth)
    windows = {
        d: Window(before=int(low), after=int(high), base_dilation=int(interior) + 1)
        for d, (low, high, interior) in enumerate(config)
    }
    return walk.operand(eq, 0, pending, depth, [(along(len(shape), windows), shape)])


@follow("slice")
def cut(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """Along dimensions that hold no frequencies."""
    if not keeps_frequencies(eq, pending):
        return None
    p = eq.params
    strides = p["strides"] or (1,) * len(pending)
    access = {
        d: crop(p["start_indices"][d], eq.out_shapes[0][d], eq.in_shapes[0][d], step=strides[d])
        for d, bins in enumerate(pending)
        if bins is None
    }
    step = (along(len(pending), access), timed(eq.out_shapes[0], pending))
    return walk.operand(eq, 0, pending, depth, [step])


@follow("concatenate")
def concatenate(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    dim, start, paths = eq.params["dimension"], 0, []
    if pending[dim] is not None:
        return None
    shape = timed(eq.out_shapes[0], pending)
    for n, piece in enumerate(eq.in_shapes):
        laid = Window(before=start, after=shape[dim] - start - piece[dim])
        step = (along(len(shape), {dim: laid}), shape)
        paths += walk.operand(eq, n, pending, depth, [step])
        start += piece[dim]
    return paths


@follow("reduce_sum")
def summed(walk: Walk, eq: Equation, pending: Pending, depth: int) -> list[Path] | None:
    """Sums over dimensions that hold no frequencies."""
    kept = [d for d in range(len(eq.in_shapes[0])) if d not in eq.params["axes"]]
    step = (Read(tuple((d, IDENTITY) for d in kept)), timed(eq.out_shapes[0], pending))
    return walk.operand(eq, 0, before_sum(eq, pending), depth, [step])
