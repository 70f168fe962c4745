"""The names of JAX's primitives, by what they are: the data of :mod:`jaxrf.program.primitives`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

__all__ = [
    *("COMPARES", "DECIDES", "EXACT", "FLOATS_ALONE", "HANDS_ON", "KEEPS_REAL", "KEEPS_ZERO"),
    *("KINDS", "LARGE", "LINES", "MONOTONE", "PRODUCTS", "TELLS_SIGN", "TELLS_SIGN_COMPLEX"),
    *("Decides", "DimensionNumbers", "Kind", "Work"),
]

Kind = Literal[
    "unary",  # elementwise, one operand
    "binary",  # elementwise, two operands that may be broadcast
    "ternary",  # elementwise, more operands
    "select",  # elementwise, the first operand chooses among the others
    "pass",  # result n is operand n
    "move",  # every element of the result is an element of the one operand
    "join",  # every element of the result is an element of one of the operands
    "bitcast",  # the same bytes as other numbers
    "reduce",  # whole dimensions to one number
    "cumulate",  # everything up to an index
    "window",  # reductions over windows, and their derivatives
    "contraction",  # sums of products: convolutions and products of matrices
    "index",  # places that are operands: gather, scatter, slices at computed places
    "sort",
    "fourier",
    "linear-algebra",  # matrices in the last dimensions; the others are a batch
    "call",  # holds a program that is inlined
    "control",  # holds programs: loops, branches, programs of devices
    "collective",  # what devices, or the mapped dimensions of ``vmap``, send each other
    "reference",  # reads and writes of mutable arrays
    "constant",  # reads nothing
    "random",
    "opaque",
]

# What an operation costs: an operation per element of the result, of the first operand, per tap of
# a window, or two per multiply-add.
Work = Literal["result", "operand", "window", "multiply-add"]

# What lets some elements of a result be known. "moved": known elements stay known where they go;
# "operands": an element is known where all operands are. Elementwise primitives with a word of
# their own are also known where one operand decides alone: "zero" (0 * x), "zero or infinity"
# (0.0 / x, x / inf), "zero bits" (0 & x), "one bits" (~0 | x), "large" (1e30 + x), "highest" (max),
# "lowest" (min), "predicate" (the chosen case is known).
Decides = Literal[
    "moved",
    "operands",
    "zero",
    "zero or infinity",
    "zero bits",
    "one bits",
    "large",
    "highest",
    "lowest",
    "predicate",
]

KINDS: dict[Kind, str] = {
    "unary": """
        abs acos acosh asin asinh atan atanh bessel_i0e bessel_i1e cbrt ceil clz conj
        convert_element_type copy copy_p cos cosh digamma erf erf_inv erfc exp exp2 expm1 floor
        imag integer_pow is_finite layout_constraint lgamma log log1p log2 logistic name neg not
        one_minus_square population_count real reduce_precision reshard round rsqrt
        sharding_constraint sign sin sinh sqrt square stop_gradient tan tanh
    """,
    "binary": """
        add add_any and atan2 complex div eq eq_to ge gt igamma igamma_grad_a igammac le le_to lt
        lt_to max min mul mulhi ne nextafter or polygamma pow random_gamma_grad rem shift_left
        shift_right_arithmetic shift_right_logical sub xor zeta
    """,
    "ternary": "clamp regularized_incomplete_beta",
    "select": "select_n",
    "pass": "device_put optimization_barrier",
    "move": """
        broadcast_in_dim broadcast_to expand_dims reshape rev slice split squeeze tile transpose
        unstack
    """,
    "join": "concatenate pad stack",
    "bitcast": "bitcast_convert_type",
    "reduce": """
        argmax argmin reduce reduce_and reduce_max reduce_min reduce_or reduce_prod reduce_sum
        reduce_xor
    """,
    "cumulate": "cumlogsumexp cummax cummin cumprod cumsum",
    "window": """
        reduce_window reduce_window_max reduce_window_min reduce_window_sum select_and_gather_add
        select_and_scatter select_and_scatter_add
    """,
    "contraction": "conv_general_dilated dot_general",
    "index": """
        dynamic_slice dynamic_update_slice gather scatter scatter-add scatter-max scatter-min
        scatter-mul scatter-sub
    """,
    "sort": "approx_top_k sort top_k",
    "fourier": "fft",
    "linear-algebra": """
        cholesky cholesky_update eig eigh geqp3 geqrf hessenberg householder_product lu
        lu_pivots_to_permutation orgqr ormqr qr schur svd symmetric_product triangular_solve
        tridiagonal tridiagonal_solve
    """,
    "call": """
        checkpoint closed_call core_call custom_jvp_call custom_vjp_call custom_vjp_call_jaxpr jit
        pjit remat remat2
    """,
    "control": "cond scan shard_map while",
    "collective": """
        all_gather all_gather_invariant all_to_all axis_index pbroadcast pmax pmin ppermute psum
        psum_invariant pvary reduce_scatter reduced_vary_cast reduced_vary_cast_p
        vary_unreduced_cast vary_unreduced_cast_p
    """,
    "reference": "addupdate empty_ref free_ref freeze get new_ref swap",
}

# Of both operands, the contracted dimensions and those of the batch.
DimensionNumbers = tuple[tuple[Sequence[int], Sequence[int]], tuple[Sequence[int], Sequence[int]]]
# Contractions of whole dimensions: parameters -> dimension numbers. A result has the dimensions of
# the batch, then what is left of the first operand, then what is left of the second.
PRODUCTS: dict[str, Callable[[Mapping[str, Any]], DimensionNumbers]] = {
    "dot_general": lambda params: params["dimension_numbers"],
}
# Hand every element on as it is, up to the type it is stored as: they compute nothing.
HANDS_ON = """
    convert_element_type copy copy_p device_put layout_constraint name optimization_barrier
    reduce_precision reshard sharding_constraint stop_gradient
"""
# Hand elements on to the last bit, or change their sign alone: no rounding.
EXACT = """
    abs clamp conj copy copy_p cummax cummin device_put dynamic_slice dynamic_update_slice gather
    imag iota layout_constraint max min name neg optimization_barrier real reduce_max reduce_min
    reduce_window_max reduce_window_min reshard scatter select_n sharding_constraint stop_gradient
"""
# Make truth values of numbers.
COMPARES = "eq eq_to ge gt is_finite le le_to lt lt_to ne"
# f(0) = 0.
KEEPS_ZERO = """
    abs asin asinh atan atanh bessel_i1e cbrt ceil conj convert_element_type copy copy_p erf erf_inv
    expm1 floor imag layout_constraint log1p name neg population_count real reduce_precision reshard
    round sharding_constraint sign sin sinh sqrt square stop_gradient tan tanh
"""
# f(a) <= f(b) for a <= b, wherever the function is defined.
MONOTONE = """
    acosh asin asinh atan atanh cbrt ceil convert_element_type copy copy_p erf erf_inv exp exp2
    expm1 floor layout_constraint log log1p log2 logistic name reduce_precision reshard round
    sharding_constraint sign sinh sqrt stop_gradient tanh
"""
# Large operands make large results, which only large operands do: neither saturates nor explodes.
LARGE = """
    abs add add_any cbrt ceil clamp conj convert_element_type copy copy_p div floor integer_pow
    layout_constraint max min mul name neg reduce_precision rem reshard round select_n
    sharding_constraint sqrt square stop_gradient sub
"""
# Real numbers stay real, though their dtype may be complex.
KEEPS_REAL = """
    add add_any conj convert_element_type copy copy_p div dot_general layout_constraint mul name neg
    reduce_precision reduce_sum reshard sharding_constraint square stop_gradient sub
"""
DECIDES: dict[str, Decides] = {
    **dict.fromkeys(
        "broadcast_in_dim expand_dims reshape rev slice squeeze transpose".split(), "moved"
    ),
    "mul": "zero",
    "div": "zero or infinity",
    "and": "zero bits",
    "or": "one bits",
    "add": "large",
    "sub": "large",
    "max": "highest",
    "min": "lowest",
    "select_n": "predicate",
}
# Tell -0.0 from 0.0 by finite results: what has a branch cut, or looks at the bytes.
TELLS_SIGN = "atan2 bitcast_convert_type"
TELLS_SIGN_COMPLEX = """
    acos acosh asin asinh atan atanh cbrt integer_pow log log1p log2 pow rsqrt sqrt
"""
FLOATS_ALONE: tuple[Decides, ...] = ("zero or infinity", "large")
LINES = "lu_pivots_to_permutation tridiagonal_solve"  # linear algebra on rows, not on matrices
