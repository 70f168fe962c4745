"""Reductions, sorting and cumulative operations along a dimension, and linear algebra."""

from __future__ import annotations

from jaxrf.geometry.words import IDENTITY, Groups, Read, Running
from jaxrf.theory.rules.access import along
from jaxrf.theory.rules.registry import rule


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


@rule("sort")
def sort(eq, fold):
    """All to all along the sorted dimension, by the keys up to a key's own, or by all of them."""
    read = along(len(eq.in_shapes[0]), {eq.params["dimension"]: Groups()})
    keys, operands = eq.params["num_keys"], range(len(eq.inputs))
    return [
        tuple(read if i < min(keys, n + 1) or i == n else None for i in operands) for n in operands
    ]


@rule("top_k", "approx_top_k")
def top_k(eq, fold):
    """All to all along the dimension that is ranked, the last by default."""
    rank = len(eq.in_shapes[0])
    dim = eq.params.get("axis", eq.params.get("reduction_dimension", rank - 1)) % rank
    return (Read(tuple((d, IDENTITY) if d != dim else None for d in range(rank))),)


@rule("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
def cumulative(eq, fold):
    """Up to each index, or from it on."""
    return (along(len(eq.in_shapes[0]), {eq.params["axis"]: Running(eq.params["reverse"])}),)


@rule(
    *("cholesky", "cholesky_update", "eig", "eigh", "hessenberg", "householder_product", "lu"),
    *("geqrf", "orgqr", "ormqr", "qr", "schur", "svd", "triangular_solve", "tridiagonal"),
    *("tridiagonal_solve", "lu_pivots_to_permutation", "geqp3", "symmetric_product"),
)
def linear_algebra(eq, fold):
    """Element by element over the batch; within a matrix every output sees all of it."""
    matrix = 1 if eq.name in ("lu_pivots_to_permutation", "tridiagonal_solve") else 2
    batch = len(eq.in_shapes[0]) - matrix
    if any(shape[:batch] != eq.in_shapes[0][:batch] for shape in (*eq.in_shapes, *eq.out_shapes)):
        batch = 0
    reads = []
    for shape in eq.out_shapes:
        dims = tuple((d, IDENTITY) if d < batch else None for d in range(len(shape)))
        reads.append(tuple(Read(dims) for _ in eq.inputs))
    return reads
