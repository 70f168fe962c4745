"""Products of arrays: 1x1 convolution, attention, resizing by matrices, einsum."""

from __future__ import annotations

from math import prod

import numpy as np

from jaxrf.geometry.words import IDENTITY, Access, Read
from jaxrf.program.primitives import dimension_numbers, products
from jaxrf.theory.rules.read_builders import block_taps, merged_taps, pattern_access
from jaxrf.theory.rules.site import THEORY, Site, Steps

__all__: list[str] = []


@THEORY.rule(*products())
def product(site: Site):
    """Batch dimensions first, then the free ones of either side; contracted ones are read whole.

    Of a matrix that is known (image resizing, selection, sums up to here), zeros read nothing, nor
    do weights that a mask has set to zero (causal attention).
    """
    return tuple(_side(site, side, site.nonzero(1 - side)) for side in (0, 1))


def _side(site: Site, side: int, other: np.ndarray | None) -> Read | Steps:
    """The read of one side; ``other``: where the other one may be nonzero, None: everywhere."""
    contracting, batching = dimension_numbers(site.name, site.params)
    contract, batch = contracting[side], batching[side]
    rank = len(site.in_shapes[side])
    free = [d for d in range(rank) if d not in (*contract, *batch)]
    others = len(site.in_shapes[1 - side]) - len(contract) - len(batch)
    if other is not None:
        order = _blocks(other.ndim, batching[1 - side], contracting[1 - side])
        pattern = other.transpose(order)
        lengths = [site.in_shapes[1 - side][d] for d in order]
        batches = len(batch)
        if all(n == 1 for n in pattern.shape[:batches]):  # the same for all of the batch
            lengths[:batches] = [1] * batches
        pattern = np.broadcast_to(pattern, lengths)
        return _through(site.in_shapes[side], side, batch, contract, free, pattern)
    named = [(d, IDENTITY) for d in free]
    new = [None] * others
    dims = [*((d, IDENTITY) for d in batch), *(named + new if side == 0 else new + named)]
    return Read(tuple(dims))


def _blocks(rank: int, batch, contract) -> list[int]:
    """Dimensions as batch, contracted, free."""
    return [*batch, *contract, *(d for d in range(rank) if d not in (*batch, *contract))]


def _through(shape, side: int, batch, contract, free, pattern: np.ndarray) -> Read | Steps:
    """A side read through the non-zeros of a known matrix [batch..., contracted..., free...]."""
    batches, inner = len(batch), len(contract)
    new = pattern.shape[batches + inner :]
    flat = pattern.reshape(
        prod(pattern.shape[:batches]), prod(pattern.shape[batches : batches + inner]), prod(new)
    )
    alike = (flat == flat[:1]).all()
    if alike and inner == 1 and len(new) == 1:
        named: list[tuple[int, Access]] = [(d, IDENTITY) for d in free]
        made = [(contract[0], pattern_access(flat[0]))]
        dims = [*((d, IDENTITY) for d in batch), *(named + made if side == 0 else made + named)]
        return Read(tuple(dims))
    if alike:
        merged, split = list(contract), list(new)
        access = pattern_access(flat[0])
    else:  # every element of the batch has its own pattern: blocks along a joint index
        merged, split = [*batch, *contract], [*pattern.shape[:batches], *new]
        access = block_taps(flat)
    kept = [d for d in range(len(shape)) if d not in merged]  # behind the split ones, in order
    place = {d: len(split) + n for n, d in enumerate(kept)}
    fresh = list(range(len(split) - len(new), len(split)))
    first = [place[d] for d in batch] if alike else list(range(batches))
    named_places = [place[d] for d in free]
    order = [*first, *(named_places + fresh if side == 0 else fresh + named_places)]
    return merged_taps(shape, merged, access, split, order)
