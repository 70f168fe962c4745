"""Elementwise primitives: output index i reads index i of every operand, predicates included."""

from __future__ import annotations

from jaxrf.graph import Read
from jaxrf.layers import IDENTITY
from jaxrf.trace.rules.registry import rule

ELEMENTWISE = """
abs acos acosh add add_any and asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt ceil clamp
conj convert_element_type copy copy_p cos cosh digamma div eq erf erf_inv erfc exp exp2 expm1
floor ge gt igamma igammac imag integer_pow is_finite le lgamma log log1p logistic lt max min mul
name ne neg nextafter not or polygamma population_count pow real reduce_precision rem
regularized_incomplete_beta round rsqrt select_n shift_left shift_right_arithmetic
shift_right_logical sign sin sinh sqrt square stop_gradient sub tan tanh xor
""".split()


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
    """Scalars and size-1 dimensions are spread (select_n takes a scalar predicate)."""
    return tuple(broadcast_read(shape, eq.out_shapes[0]) for shape in eq.in_shapes)


@rule("optimization_barrier")
def optimization_barrier(eq, fold):
    """Output n is operand n."""
    reads = []
    for n, shape in enumerate(eq.out_shapes):
        reads.append(
            tuple(Read.elementwise(len(shape)) if i == n else None for i in range(len(eq.inputs)))
        )
    return reads
