"""Elementwise primitives: output index i reads index i of every operand, predicates included."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from jaxrf.graph import Read
from jaxrf.layers import IDENTITY
from jaxrf.trace.rules.registry import rule

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


# (primitive, position of a known operand) -> where its value decides, whatever the others are.
_DECIDES: dict[tuple[str, int], Callable[[np.ndarray], np.ndarray]] = {
    ("mul", 0): lambda known: known == 0,
    ("mul", 1): lambda known: known == 0,
    ("div", 0): lambda known: known == 0,
    **{("and", n): lambda known: known == 0 for n in (0, 1)},
    **{("or", n): lambda known: known == ~np.zeros((), known.dtype) for n in (0, 1)},
    **{(name, n): lambda known: np.isinf(known) for name in ("add", "sub") for n in (0, 1)},
}


@rule(*(name for name in ELEMENTWISE if (name, 0) not in _DECIDES))
def elementwise(eq, fold):
    """Scalars and size-1 dimensions are spread."""
    return tuple(broadcast_read(shape, eq.out_shapes[0]) for shape in eq.in_shapes)


@rule(*{name for name, _ in _DECIDES})
def masked(eq, fold):
    """Elementwise, but for what a known mask decides alone: x * 0, x - infinity."""
    reads = [broadcast_read(shape, eq.out_shapes[0]) for shape in eq.in_shapes]
    for n in range(2):
        decides = _DECIDES.get((eq.name, n))
        # A single number may be a learned scale that was captured while it was zero.
        if decides is None or all(length == 1 for length in eq.in_shapes[n]):
            continue
        if (known := fold(n)) is not None and (blocked := decides(known)).any():
            reads[1 - n] = Read(reads[1 - n].dims, ~blocked)
    return tuple(reads)


@rule("select_n")
def select(eq, fold):
    """Elementwise, predicate included; a known predicate leaves the chosen case alone."""
    shape = eq.out_shapes[0]
    reads = [broadcast_read(operand, shape) for operand in eq.in_shapes]
    which = fold(0)
    if which is None:
        return tuple(reads)
    chosen = [np.asarray(which) == n for n in range(len(eq.inputs) - 1)]
    cases = [
        None if not here.any() else read if here.all() else Read(read.dims, here)
        for here, read in zip(chosen, reads[1:], strict=True)
    ]
    return (None, *cases)


@rule("optimization_barrier", "device_put")
def optimization_barrier(eq, fold):
    """Output n is operand n."""
    reads = []
    for n, shape in enumerate(eq.out_shapes):
        reads.append(
            tuple(Read.elementwise(len(shape)) if i == n else None for i in range(len(eq.inputs)))
        )
    return reads
