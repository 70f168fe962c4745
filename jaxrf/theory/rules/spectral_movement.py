"""Walks through equations that move spectra, frequency by frequency."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np

from jaxrf.geometry.words import IDENTITY, Read, Reshape, Window
from jaxrf.theory.rules.circular import time_reversed
from jaxrf.theory.rules.read_builders import along, crop, transposed
from jaxrf.theory.rules.spectra import (
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
from jaxrf.theory.rules.spectral_walks import WALKS, Path, WalkSite

__all__: list[str] = []


@WALKS.rule("fft")
def transform(site: WalkSite) -> list[Path] | None:
    """One transform back; in time where it is the last one."""
    before = opened(site.equation, site.pending)
    paths = None if before is None else site.back(0, before)
    undone = before is not None and sum(map(bool, before)) < sum(map(bool, site.pending))
    if undone and paths and not site.walk.real:  # of half a spectrum, all or nothing is undone
        return [replace(path, followed=True) for path in paths]
    if paths is None or not any(path.followed for path in paths):
        paths = _some_axes(site) or paths
    return paths


def _some_axes(site: WalkSite) -> list[Path] | None:
    """A transform of which some axes, or none, are inverted: the others stay, all to all."""
    found = some_opened(site.equation, site.pending)
    if found is None:
        return None
    before, left = found
    dims = tuple(None if d in left else (d, IDENTITY) for d in range(len(site.pending)))
    return site.back(0, before, [(Read(dims), timed(site.out_shapes[0], site.pending))])


@WALKS.rule(
    *("copy", "copy_p", "name", "neg", "reduce_precision", "sharding_constraint", "stop_gradient")
)
def same(site: WalkSite) -> list[Path] | None:
    if site.in_shapes[0] != site.out_shapes[0]:
        return None
    return site.back(0, site.pending)


@WALKS.rule("convert_element_type")
def convert(site: WalkSite) -> list[Path] | None:
    """A cast between complex dtypes; a real part would mix a spectrum with its conjugate."""
    if not jax.dtypes.issubdtype(site.params["new_dtype"], np.complexfloating):
        return None
    return site.back(0, site.pending)


@WALKS.rule("conj")
def conjugate(site: WalkSite) -> list[Path] | None:
    """The spectrum of the conjugate, turned round."""
    shape = timed(site.out_shapes[0], site.pending)
    dims = {d: n for d, (n, bins) in enumerate(zip(shape, site.pending, strict=True)) if bins}
    return site.back(0, site.pending, [(time_reversed(len(shape), dims), shape)])


@WALKS.rule("transpose")
def transpose(site: WalkSite) -> list[Path] | None:
    order, shape = site.params["permutation"], timed(site.out_shapes[0], site.pending)
    before = before_transpose(order, site.pending)
    return site.back(0, before, [(transposed(order), shape)])


@WALKS.rule("reshape", "squeeze", "expand_dims")
def reshape(site: WalkSite) -> list[Path] | None:
    before = before_reshape(site.equation, site.pending)
    if before is None:
        return None
    return site.back(0, before, [(Reshape(), timed(site.out_shapes[0], site.pending))])


@WALKS.rule("broadcast_in_dim")
def broadcast(site: WalkSite) -> list[Path] | None:
    before, targets = (
        before_broadcast(site.equation, site.pending),
        site.params["broadcast_dimensions"],
    )
    if sum(map(bool, before)) < sum(map(bool, site.pending)):
        return None  # the same for all frequencies: at time 0 alone
    dims: list = [None] * len(site.out_shapes[0])
    for source, target in enumerate(targets):
        if site.in_shapes[0][source] == site.out_shapes[0][target]:
            dims[target] = (source, IDENTITY)
    step = (Read(tuple(dims)), timed(site.out_shapes[0], site.pending))
    return site.back(0, before, [step])


@WALKS.rule("pad")
def pad(site: WalkSite) -> list[Path] | None:
    """A pad of width 0, as transforms make, or one between the transforms of two axes."""
    if not pads_time(site.equation, site.pending) or site.reached(1):
        return None
    config, shape = site.params["padding_config"], timed(site.out_shapes[0], site.pending)
    if not any(map(any, config)):
        return site.back(0, site.pending)
    windows = {
        d: Window(before=int(low), after=int(high), base_dilation=int(interior) + 1)
        for d, (low, high, interior) in enumerate(config)
    }
    return site.back(0, site.pending, [(along(len(shape), windows), shape)])


@WALKS.rule("slice")
def cut(site: WalkSite) -> list[Path] | None:
    """A slice along dimensions that hold no frequencies."""
    if not keeps_frequencies(site.equation, site.pending):
        return None
    p = site.params
    strides = p["strides"] or (1,) * len(site.pending)
    access = {
        d: crop(p["start_indices"][d], site.out_shapes[0][d], site.in_shapes[0][d], step=strides[d])
        for d, bins in enumerate(site.pending)
        if bins is None
    }
    step = (along(len(site.pending), access), timed(site.out_shapes[0], site.pending))
    return site.back(0, site.pending, [step])


@WALKS.rule("concatenate")
def concatenate(site: WalkSite) -> list[Path] | None:
    dim, start, paths = site.params["dimension"], 0, []
    if site.pending[dim] is not None:
        return None
    shape = timed(site.out_shapes[0], site.pending)
    for n, piece in enumerate(site.in_shapes):
        laid = Window(before=start, after=shape[dim] - start - piece[dim])
        step = (along(len(shape), {dim: laid}), shape)
        paths += site.back(n, site.pending, [step])
        start += piece[dim]
    return paths


@WALKS.rule("reduce_sum")
def summed(site: WalkSite) -> list[Path] | None:
    """Sums over dimensions that hold no frequencies."""
    kept = [d for d in range(len(site.in_shapes[0])) if d not in site.params["axes"]]
    step = (Read(tuple((d, IDENTITY) for d in kept)), timed(site.out_shapes[0], site.pending))
    return site.back(0, before_sum(site.equation, site.pending), [step])
