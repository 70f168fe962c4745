"""Reductions, contractions, sorting and scans along a dimension."""

from __future__ import annotations

import numpy as np

from jaxrf.graph import Groups, Read
from jaxrf.layers import IDENTITY
from jaxrf.trace.rules.registry import rule


@rule(
    *("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or"),
    *("reduce_xor", "argmax", "argmin", "reduce"),
)
def reduction(eq, fold):
    """Reduced dimensions are read whole, the others follow in order."""
    axes = eq.params["axes"] if "axes" in eq.params else eq.params["dimensions"]
    kept = tuple((d, IDENTITY) for d in range(len(eq.in_shapes[0])) if d not in axes)
    return tuple(
        Read(kept) if shape == eq.in_shapes[0] else Read.everything(len(kept))
        for shape in eq.in_shapes
    )


@rule("dot_general")
def dot_general(eq, fold):
    """Batch dimensions first, then the free ones of either side; contracted ones are read whole.

    A matrix that is known and has zeros (image resizing, selection) reads less than that: no rule
    yet, so that the result says that it is only bounded.
    """
    if any((matrix := fold(n)) is not None and not np.all(matrix) for n in range(2)):
        return None
    (contract_a, contract_b), (batch_a, batch_b) = eq.params["dimension_numbers"]
    rank_a, rank_b = (len(s) for s in eq.in_shapes)
    free_a = [d for d in range(rank_a) if d not in (*contract_a, *batch_a)]
    free_b = [d for d in range(rank_b) if d not in (*contract_b, *batch_b)]

    def follow(batch, before: int, free, after: int) -> Read:
        named = [(d, IDENTITY) for d in batch]
        return Read((*named, *(None,) * before, *((d, IDENTITY) for d in free), *(None,) * after))

    return (
        follow(batch_a, 0, free_a, len(free_b)),
        follow(batch_b, len(free_a), free_b, 0),
    )


@rule("sort")
def sort(eq, fold):
    """All to all along the sorted dimension: output n reads every key and operand n."""
    read = _all_along(len(eq.in_shapes[0]), eq.params["dimension"])
    keys, operands = eq.params["num_keys"], range(len(eq.inputs))
    return [tuple(read if i < keys or i == n else None for i in operands) for n in operands]


@rule("top_k")
def top_k(eq, fold):
    """All to all along the last dimension."""
    rank = len(eq.in_shapes[0])
    dim = eq.params.get("axis", rank - 1) % rank
    return (Read(tuple((d, IDENTITY) if d != dim else None for d in range(rank))),)


def _all_along(rank: int, dim: int) -> Read:
    """Elementwise but for one dimension, which is read whole by every output."""
    return Read(tuple((d, Groups() if d == dim else IDENTITY) for d in range(rank)))
