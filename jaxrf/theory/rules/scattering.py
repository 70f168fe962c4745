"""Scatter: exact where the indices are known, every possible place where they are computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import prod

import numpy as np

from jaxrf.geometry.words import IDENTITY, Read, Taps, Window
from jaxrf.theory.rules.gathering import flat_starts
from jaxrf.theory.rules.read_builders import line_along, merged_taps, transposed
from jaxrf.theory.rules.site import THEORY, Site, Steps

__all__: list[str] = []


@dataclass(frozen=True)
class _Dims:
    """The dimension numbers of a scatter, spelled out.

    Attributes:
        batch: dimensions of the updates that come from the indices, in order.
        window: operand dimension -> dimension of the updates, for the slices.
        indexed: operand dimensions that an index vector addresses.
        first: those that nothing addresses and no update runs along: something lands at their
            first index.
        paired: operand dimension -> indices dimension, for batches that run along both.
    """

    batch: list[int]
    window: dict[int, int]
    indexed: tuple[int, ...]
    first: tuple[int, ...]
    paired: dict[int, int]


def _dims(site: Site) -> _Dims:
    n = site.params["dimension_numbers"]
    kept = [
        d
        for d in range(len(site.in_shapes[0]))
        if d not in (*n.inserted_window_dims, *n.operand_batching_dims)
    ]
    return _Dims(
        [d for d in range(len(site.in_shapes[2])) if d not in n.update_window_dims],
        dict(zip(kept, n.update_window_dims, strict=True)),
        tuple(n.scatter_dims_to_operand_dims),
        tuple(d for d in n.inserted_window_dims if d not in n.scatter_dims_to_operand_dims),
        dict(zip(n.operand_batching_dims, n.scatter_indices_batching_dims, strict=True)),
    )


@THEORY.rule("scatter", "scatter-add", "scatter-sub", "scatter-mul", "scatter-min", "scatter-max")
def scatter(site: Site):
    """The operand, and the updates where the indices put them."""
    if len(site.in_shapes) != 3:
        return None
    dims, candidates = _dims(site), site.candidates(1)
    kept = Read.elementwise(len(site.in_shapes[0]))
    if not candidates:
        return kept, _index_read(site, dims), _anywhere(site, dims)
    shape, updates = site.in_shapes[0], site.in_shapes[2]
    size = {d: updates[dims.window[d]] if d in dims.window else 1 for d in dims.indexed}
    limits = np.array([shape[d] - size[d] for d in dims.indexed], np.int64)
    clip = "CLIP" in str(site.params["mode"])
    addressed = [flat_starts(i.astype(np.int64), limits, clip) for i in candidates]
    if dims.first:  # as if they were indexed, with zeros
        zeros = np.zeros((*addressed[0][0].shape[:-1], len(dims.first)), np.int64)
        addressed = [(np.concatenate([s, zeros], -1), inside) for s, inside in addressed]
        dims = replace(dims, indexed=(*dims.indexed, *dims.first), first=())
    hits = [_hits(site, dims, *each) for each in addressed]
    if site.name == "scatter" and site.params.get("update_jaxpr") is None:  # it overwrites
        kept = Read(kept.dims, reduce(np.logical_or, (_untouched(site, dims, h) for h in hits)))
    return kept, None, _placed(site, dims, hits)


def _index_read(site: Site, dims: _Dims) -> Read:
    """The read of the indices: where an update lands depends on all of the same batch."""
    reads: list = [None] * len(site.in_shapes[0])
    for d, along in dims.paired.items():
        reads[d] = (along, IDENTITY)
    return Read(tuple(reads), _landing(site, dims))


def _landing(site: Site, dims: _Dims) -> np.ndarray | None:
    """Bool, broadcastable to the operand: where something may land; None: anywhere."""
    shape = site.in_shapes[0]
    masks = [line_along(np.arange(shape[d]) == 0, d, len(shape)) for d in dims.first]
    return reduce(np.logical_and, masks) if masks else None


def _anywhere(site: Site, dims: _Dims) -> Read:
    """Every update may land anywhere in range along the indexed dimensions."""
    shape, updates = site.in_shapes[0], site.in_shapes[2]
    reads: list = [None] * len(shape)
    for d, along in dims.window.items():
        room = shape[d] - updates[along]
        if not room:
            reads[d] = (along, IDENTITY)
        elif d in dims.indexed:
            reads[d] = (along, Window(kernel=room + 1, before=room, after=room))
        else:
            reads[d] = (along, Window(after=room))
    for d, along in dims.paired.items():
        reads[d] = (dims.batch[along], IDENTITY)
    return Read(tuple(reads), _landing(site, dims))


@dataclass(frozen=True)
class _Hits:
    """The landing places of updates along the joint index of the addressed dimensions.

    Attributes:
        merged: addressed dimensions of the operand, in the order of the joint index.
        source: dimensions of the updates that run over the hits, in order.
        target: joint index of the operand, one per hit; -1 is dropped.
    """

    merged: list[int]
    source: list[int]
    target: np.ndarray


def _hits(site: Site, dims: _Dims, starts: np.ndarray, inside: np.ndarray) -> _Hits:
    shape, updates = site.in_shapes[0], site.in_shapes[2]
    merged = [*dims.paired, *dims.indexed]
    windows = [d for d in dims.indexed if d in dims.window]
    batch = starts.shape[:-1]
    grid = (*batch, *(updates[dims.window[d]] for d in windows))
    flat = np.zeros(grid, np.int64)
    for d in merged:
        if d in dims.paired:
            place = line_along(np.arange(shape[d]), dims.paired[d], len(grid))
        else:
            start = starts[..., dims.indexed.index(d)]
            place = np.reshape(start, (*batch, *(1,) * len(windows)))
            if d in windows:
                dim = len(batch) + windows.index(d)
                place = place + line_along(np.arange(grid[dim]), dim, len(grid))
        flat = flat * shape[d] + place
    flat = np.where(inside.reshape((*batch, *(1,) * len(windows))), flat, -1)
    return _Hits(merged, [*dims.batch, *(dims.window[d] for d in windows)], flat.ravel())


def _untouched(site: Site, dims: _Dims, hits: _Hits) -> np.ndarray:
    """Bool, broadcastable to the operand: what no update overwrites."""
    shape, updates = site.in_shapes[0], site.in_shapes[2]
    free = np.ones(prod(shape[d] for d in hits.merged), bool)
    free[hits.target[hits.target >= 0]] = False
    free = free.reshape([shape[d] for d in hits.merged])
    free = free.transpose(np.argsort(hits.merged))
    mask = free.reshape([n if d in hits.merged else 1 for d, n in enumerate(shape)])
    for d, along in dims.window.items():
        if d not in dims.indexed and updates[along] < shape[d]:
            mask = mask | line_along(np.arange(shape[d]) >= updates[along], d, len(shape))
    return mask


def _placed(site: Site, dims: _Dims, candidates: Sequence[_Hits]) -> Steps | Read:
    """The updates, at the places where they land, or may land."""
    shape, updates = site.in_shapes[0], site.in_shapes[2]
    hits = candidates[0]
    outputs = prod(shape[d] for d in hits.merged)
    pairs = [np.stack([each.target, np.arange(each.target.size)], 1) for each in candidates]
    landed = np.unique(np.concatenate(pairs), axis=0)  # by place, and there by update
    target, source = landed[landed[:, 0] >= 0].T
    counts = np.bincount(target, minlength=outputs)
    table = np.full((outputs, max(1, int(counts.max(initial=0)))), -1)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    table[target, np.arange(len(target)) - first[target]] = source
    others = [d for d in dims.window if d not in dims.indexed]  # operand dimensions, in order
    made = [*hits.merged, *others]
    steps = merged_taps(
        updates,
        hits.source,
        Taps(table),
        [shape[d] for d in hits.merged],
        list(range(len(made))),
    ).steps
    room = {d: shape[d] - updates[dims.window[d]] for d in others}
    lengths = [*(shape[d] for d in hits.merged), *(shape[d] for d in others)]
    if any(room.values()):
        windows = [IDENTITY] * len(hits.merged) + [Window(after=room[d]) for d in others]
        steps = (*steps, (Read(tuple(enumerate(windows))), tuple(lengths)))
    back = [made.index(d) for d in range(len(shape))]
    if back != list(range(len(shape))):
        steps = (*steps, (transposed(back), tuple(shape)))
    return Steps(steps)
