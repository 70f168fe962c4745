"""Reductions, sorting and cumulative operations along a dimension, and linear algebra."""

from __future__ import annotations

from jaxrf.geometry.words import IDENTITY, Groups, Read, Running
from jaxrf.program import primitives
from jaxrf.theory.rules.read_builders import along
from jaxrf.theory.rules.site import THEORY, Site


@THEORY.rule(
    *("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or"),
    *("reduce_xor", "argmax", "argmin", "reduce"),
)
def reduction(site: Site):
    """Reduced dimensions are read whole, the others follow in order."""
    axes = site.params["axes"] if "axes" in site.params else site.params["dimensions"]
    kept = tuple((d, IDENTITY) for d in range(len(site.in_shapes[0])) if d not in axes)
    return tuple(
        Read(kept) if shape == site.in_shapes[0] else Read.everything(len(kept))
        for shape in site.in_shapes
    )


@THEORY.rule("sort")
def sort(site: Site):
    """All to all along the sorted dimension, by the keys up to a key's own, or by all of them."""
    read = along(len(site.in_shapes[0]), {site.params["dimension"]: Groups()})
    keys, operands = site.params["num_keys"], range(len(site.in_shapes))
    return [
        tuple(read if i < min(keys, n + 1) or i == n else None for i in operands) for n in operands
    ]


@THEORY.rule("top_k", "approx_top_k")
def top_k(site: Site):
    """All to all along the dimension that is ranked, the last by default."""
    rank = len(site.in_shapes[0])
    dim = site.params.get("axis", site.params.get("reduction_dimension", rank - 1)) % rank
    return (Read(tuple((d, IDENTITY) if d != dim else None for d in range(rank))),)


@THEORY.rule("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
def cumulative(site: Site):
    """Up to each index, or from it on."""
    return (along(len(site.in_shapes[0]), {site.params["axis"]: Running(site.params["reverse"])}),)


@THEORY.rule(*primitives.of_kind("linear-algebra"))
def linear_algebra(site: Site):
    """Element by element over the batch; within a matrix every output sees all of it."""
    batch = len(site.in_shapes[0]) - primitives.matrix_dims(site.name)
    if any(
        shape[:batch] != site.in_shapes[0][:batch] for shape in (*site.in_shapes, *site.out_shapes)
    ):
        batch = 0
    reads = []
    for shape in site.out_shapes:
        dims = tuple((d, IDENTITY) if d < batch else None for d in range(len(shape)))
        reads.append(tuple(Read(dims) for _ in site.equation.inputs))
    return reads
