"""Elementwise primitives: the mean of the dependent operands, less what known operands block."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linear.registry import dependent, mean, rule

UNARY = """
abs acos acosh asin asinh atan atanh bessel_i0e bessel_i1e cbrt ceil clz conj convert_element_type
copy copy_p cos cosh digamma erf erf_inv erfc exp exp2 expm1 floor imag integer_pow is_finite
layout_constraint lgamma log log1p log2 logistic name neg not one_minus_square population_count
real reduce_precision reshard round rsqrt sharding_constraint sign sin sinh sqrt square
stop_gradient tan tanh
""".split()
BINARY = """
add add_any and atan2 complex div eq eq_to ge gt igamma igamma_grad_a igammac le le_to lt lt_to max
min mul mulhi ne nextafter or polygamma pow random_gamma_grad rem shift_left shift_right_arithmetic
shift_right_logical sub xor zeta
""".split()
OTHERS = "clamp regularized_incomplete_beta select_n".split()

# (primitive, position of the known operand) -> where its value alone decides the result.
DECIDED: dict[tuple[str, int], Callable[[np.ndarray], np.ndarray]] = {
    ("mul", 0): lambda known: known == 0,
    ("mul", 1): lambda known: known == 0,
    ("div", 0): lambda known: known == 0,
    ("and", 0): lambda known: known == 0,
    ("and", 1): lambda known: known == 0,
    ("or", 0): lambda known: (known == 1) & (known.dtype == bool),
    ("or", 1): lambda known: (known == 1) & (known.dtype == bool),
    ("add", 0): np.isinf,
    ("add", 1): np.isinf,
    ("sub", 0): np.isinf,
    ("sub", 1): np.isinf,
}


@rule(*UNARY, *BINARY, *OTHERS)
def elementwise(eq, operands, fold):
    """The mean of what can influence it; known zeros of a product, known infinities block."""
    result = mean(dependent(operands), eq.out_shapes[0])
    for n, operand in enumerate(operands):
        decides = DECIDED.get((eq.name, n))
        if operand is not None or decides is None:
            continue
        known = fold(n)
        # A single number may be a learned scale that was captured while it was zero.
        if known is not None and known.size > 1 and (blocked := decides(known)).any():
            result = result * jnp.asarray(~blocked, result.dtype)
    return [result]


@rule("select_n")
def select(eq, operands, fold):
    """A known predicate chooses; else all branches and the predicate are seen."""
    which = None if operands[0] is not None else fold(0)
    if which is None:
        return elementwise(eq, operands, fold)
    chosen = [
        jnp.where(which == n, branch, 0)
        for n, branch in enumerate(operands[1:])
        if branch is not None
    ]
    return [sum(jnp.broadcast_to(c, eq.out_shapes[0]) for c in chosen)]


@rule("optimization_barrier", "device_put")
def each_alone(eq, operands, fold):
    """Output n is operand n."""
    return operands
