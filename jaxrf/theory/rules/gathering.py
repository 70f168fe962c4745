"""Gather: exact where the indices are known, every possible place where they are computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from jaxrf.geometry.words import IDENTITY, Access, Read, Taps, Window
from jaxrf.theory.rules.read_builders import along, crop, line_along, merged_taps
from jaxrf.theory.rules.site import THEORY, Site, Steps

__all__ = ["flat_starts"]


@dataclass(frozen=True)
class _Dims:
    """The dimension numbers of a gather, spelled out.

    Attributes:
        batch: output dimensions that come from the indices, in order.
        offset: output dimension -> operand dimension, for the slices.
        indexed: operand dimensions that an index vector addresses.
        first: those that nothing addresses and no output dimension follows: their first index.
        paired: operand dimension -> indices dimension, for batches that run along both.
    """

    batch: list[int]
    offset: dict[int, int]
    indexed: tuple[int, ...]
    first: tuple[int, ...]
    paired: dict[int, int]


def _dims(site: Site) -> _Dims:
    n = site.params["dimension_numbers"]
    rank = len(site.out_shapes[0])
    kept = [
        d
        for d in range(len(site.in_shapes[0]))
        if d not in (*n.collapsed_slice_dims, *n.operand_batching_dims)
    ]
    return _Dims(
        [d for d in range(rank) if d not in n.offset_dims],
        dict(zip(n.offset_dims, kept, strict=True)),
        tuple(n.start_index_map),
        tuple(d for d in n.collapsed_slice_dims if d not in n.start_index_map),
        dict(zip(n.operand_batching_dims, n.start_indices_batching_dims, strict=True)),
    )


@THEORY.rule("gather")
def gather(site: Site):
    """The slices of the operand that the indices point at."""
    dims, indices = _dims(site), site.candidates(1)
    if not indices:
        return _anywhere(site, dims), _vectors(site, dims)
    return _known(site, dims, indices), None


def _vectors(site: Site, dims: _Dims) -> Read:
    """Every output sees its own index vector."""
    reads: list = [None] * len(site.out_shapes[0])
    for n, d in enumerate(dims.batch):
        reads[d] = (n, IDENTITY)
    return Read(tuple(reads))


def _anywhere(site: Site, dims: _Dims) -> Read | Steps:
    """The slice may start anywhere in range along the indexed dimensions."""
    read = _range(site, dims)
    if not dims.first:
        return read
    shape = site.in_shapes[0]
    cut = along(len(shape), {d: crop(0, 1, shape[d]) for d in dims.first})
    kept = tuple(1 if d in dims.first else n for d, n in enumerate(shape))
    return Steps(((cut, kept), (read, tuple(site.out_shapes[0]))))


def _range(site: Site, dims: _Dims) -> Read:
    shape, sizes = site.in_shapes[0], site.params["slice_sizes"]
    reads: list = [None] * len(site.out_shapes[0])
    for out, d in dims.offset.items():
        if sizes[d] == shape[d]:
            reads[out] = (d, IDENTITY)
        elif d in dims.indexed:
            reads[out] = (d, Window(kernel=shape[d] - sizes[d] + 1))
        else:
            reads[out] = (d, crop(0, sizes[d], shape[d]))
    for d, partner in dims.paired.items():
        reads[dims.batch[partner]] = (d, IDENTITY)
    return Read(tuple(reads))


def flat_starts(
    indices: np.ndarray, limits: np.ndarray, clip: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(starts [batch..., indexed], which of them are in range [batch...]).

    Args:
        indices: integers [batch..., indexed].
        limits: last possible start of every indexed dimension.
        clip: whether JAX moves starts into range; otherwise what is out of range reads nothing.
    """
    inside = np.asarray(np.all((indices >= 0) & (indices <= limits), axis=-1))
    return np.clip(indices, 0, limits), np.ones_like(inside) if clip else inside


def _known(site: Site, dims: _Dims, candidates: Sequence[np.ndarray]) -> Read | Steps:
    shape, sizes = site.in_shapes[0], site.params["slice_sizes"]
    limits = np.array([shape[d] - sizes[d] for d in dims.indexed], np.int64)
    clip = "FILL" not in str(site.params["mode"])
    addressed = [flat_starts(i.astype(np.int64), limits, clip) for i in candidates]
    if dims.first:  # as if they were indexed, with zeros
        zeros = np.zeros((*addressed[0][0].shape[:-1], len(dims.first)), np.int64)
        addressed = [(np.concatenate([s, zeros], -1), inside) for s, inside in addressed]
        dims = replace(dims, indexed=(*dims.indexed, *dims.first), first=())
    starts, inside = addressed[0]
    if not dims.paired and inside.all() and len(addressed) == 1:
        read = _separable(site, dims, starts)
        if read is not None:
            return read
    return _joint(site, dims, addressed)


def _separable(site: Site, dims: _Dims, starts: np.ndarray) -> Read | None:
    """One read, where every index runs along a batch dimension of its own, or along none."""
    shape, sizes = site.in_shapes[0], site.params["slice_sizes"]
    sliced = {d: out for out, d in dims.offset.items()}
    reads: list = [None] * len(site.out_shapes[0])
    for out, d in dims.offset.items():
        reads[out] = (d, IDENTITY if sizes[d] == shape[d] else crop(0, sizes[d], shape[d]))
    for n, d in enumerate(dims.indexed):
        start = starts[..., n]
        varying = [a for a in range(start.ndim) if (start != start.take([0], a)).any()]
        if not varying and d in sliced:
            first = int(start.flat[0]) if start.size else 0
            reads[sliced[d]] = (d, crop(first, sizes[d], shape[d]))
            continue
        if len(varying) > 1 or (d in sliced and sizes[d] > 1):
            return None
        if not varying:
            free = [a for a, out in enumerate(dims.batch) if reads[out] is None]
            alone = [a for a in free if start.shape[a] == 1] or free
            if not alone:
                return None
            varying = alone[:1]  # the same index all along some batch dimension
        out = dims.batch[varying[0]]
        if reads[out] is not None or d in sliced:
            return None
        line = np.moveaxis(start, varying[0], 0).reshape(start.shape[varying[0]], -1)[:, :1]
        reads[out] = (d, Taps(line.copy()))
    return Read(tuple(reads))


def _joint(site: Site, dims: _Dims, addressed: Sequence[tuple[np.ndarray, np.ndarray]]) -> Steps:
    """Through one table over the joint index of all addressed dimensions, one tap per candidate."""
    shape, sizes = site.in_shapes[0], site.params["slice_sizes"]
    merged = [*dims.paired, *dims.indexed]
    windows = [out for out, d in dims.offset.items() if d in dims.indexed]
    batch_shape = addressed[0][0].shape[:-1]
    split = [*batch_shape, *(sizes[dims.offset[out]] for out in windows)]
    taps = [_flat(site, dims, windows, split, *each).reshape(prod(split), 1) for each in addressed]
    access: Access = Taps(np.concatenate(taps, 1))
    others = [out for out, d in dims.offset.items() if d not in dims.indexed]
    made = [*dims.batch, *windows, *others]  # output dimensions in the order that is made
    order = [made.index(d) for d in range(len(site.out_shapes[0]))]
    steps = merged_taps(shape, merged, access, split, order)
    cropped = {
        out: crop(0, sizes[d], shape[d])
        for out, d in dims.offset.items()
        if out in others and sizes[d] < shape[d]
    }
    if cropped:
        rank = len(site.out_shapes[0])
        read = Read(tuple((d, cropped.get(d, IDENTITY)) for d in range(rank)))
        steps = Steps((*steps.steps, (read, tuple(site.out_shapes[0]))))
    return steps


def _flat(
    site: Site, dims: _Dims, windows, split, starts: np.ndarray, inside: np.ndarray
) -> np.ndarray:
    """The joint index that every output reads, -1 for none."""
    shape, sizes = site.in_shapes[0], site.params["slice_sizes"]
    batch_shape = starts.shape[:-1]
    flat = np.zeros(split, np.int64)
    for d in (*dims.paired, *dims.indexed):
        if d in dims.paired:
            line = np.arange(batch_shape[dims.paired[d]])
            place = line_along(line, dims.paired[d], len(split))
        else:
            n = dims.indexed.index(d)
            place = starts[..., n].reshape((*batch_shape, *(1,) * len(windows)))
            out = next((out for out in windows if dims.offset[out] == d), None)
            if out is not None:
                offset = np.arange(sizes[d])
                place = place + line_along(
                    offset, len(batch_shape) + windows.index(out), len(split)
                )
        flat = flat * shape[d] + place
    return np.where(inside.reshape((*batch_shape, *(1,) * len(windows))), flat, -1)
