"""Elementwise primitives: output index i reads index i of every operand, predicates included."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from jaxrf.geometry.words import IDENTITY, Read
from jaxrf.theory.rules.registry import rule

ELEMENTWISE = """
abs acos acosh add add_any and asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt ceil clamp
clz complex conj convert_element_type copy copy_p cos cosh digamma div eq eq_to erf erf_inv erfc exp
exp2 expm1 floor ge gt igamma igamma_grad_a igammac imag integer_pow is_finite le le_to lgamma log
log1p logistic lt lt_to max min mul mulhi name ne neg nextafter not or polygamma
population_count pow random_gamma_grad real reduce_precision rem
regularized_incomplete_beta round rsqrt sharding_constraint shift_left shift_right_arithmetic
shift_right_logical sign sin sinh sqrt square stop_gradient sub tan tanh xor zeta
layout_constraint log2 one_minus_square reshard
""".split()


@lru_cache(maxsize=4096)
def broadcast_read(operand: tuple[int, ...], output: tuple[int, ...]) -> Read:
    """Elementwise with broadcasting: size-1 dimensions and scalars spread over the output."""
    if len(operand) != len(output):
        return Read.everything(len(output))
    return Read(
        tuple(
            (d, IDENTITY) if n == m else None
            for d, (n, m) in enumerate(zip(operand, output, strict=True))
        )
    )


@rule(*ELEMENTWISE)
def elementwise(eq, fold):
    """Scalars and size-1 dimensions are spread; what one operand decides alone reads no other."""
    reads = [broadcast_read(shape, eq.out_shapes[0]) for shape in eq.in_shapes]
    result = fold.result() if len(reads) > 1 else None
    if result is None:
        return tuple(reads)
    for n, read in enumerate(reads):
        part = fold.decided(n)
        blocked = result.mask if part is None else result.mask & ~_ranked(part.mask, result.mask)
        if blocked.any():
            reads[n] = Read(read.dims, ~blocked)
    return tuple(reads)


def _ranked(mask: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The mask of a scalar beside an array."""
    return mask if mask.ndim == like.ndim else mask.reshape((1,) * like.ndim)


@rule("select_n")
def select(eq, fold):
    """Elementwise, predicate included; where that is known, the chosen case alone."""
    shape = eq.out_shapes[0]
    reads = [broadcast_read(operand, shape) for operand in eq.in_shapes]
    which, known = fold(0), np.ones((1,) * len(eq.in_shapes[0]), bool)
    if which is None:
        part = fold.decided(0)
        if part is None:
            return elementwise(eq, fold)
        which, known = part.values, part.mask
    if not eq.in_shapes[0]:
        which, known = (array.reshape((1,) * len(shape)) for array in (which, known))
    cases = len(eq.inputs) - 1
    chosen = np.clip(which.astype(np.int64), 0, cases - 1)  # clamped by XLA
    open_ = [~known | (chosen == n) for n in range(cases)]
    parts = [
        None if not here.any() else read if here.all() else Read(read.dims, here)
        for here, read in zip(open_, reads[1:], strict=True)
    ]
    return (None if known.all() else Read(reads[0].dims, ~known), *parts)


@rule("optimization_barrier", "device_put")
def optimization_barrier(eq, fold):
    """Output n is operand n."""
    reads = []
    for n, shape in enumerate(eq.out_shapes):
        reads.append(
            tuple(Read.elementwise(len(shape)) if i == n else None for i in range(len(eq.inputs)))
        )
    return reads
