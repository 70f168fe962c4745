"""What JAX's primitives are: one table, from which every list of primitive names follows.

Only facts about JAX stand here, none about receptive fields: a rule says how a field moves through
a primitive, and two sets of rules (theory, linearisation) that shared one would not test each
other. A primitive that is in no table is assumed to mix everything, and fails the census in the
tests: someone should look at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from jaxrf.program.opaque import CONSTANT, OPAQUE, RANDOM

__all__ = [
    "PRIMITIVES",
    "Decides",
    "Kind",
    "Primitive",
    "Work",
    "decides",
    "decides_alone",
    "elementwise",
    "exact",
    "handing_on",
    "is_known",
    "keeping_real",
    "keeping_zero",
    "kind",
    "large",
    "matrix_dims",
    "monotone",
    "of_kind",
    "reason",
    "reasons",
    "weighted",
    "work",
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

_KINDS: dict[Kind, str] = {
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

# Hand every element on as it is, up to the type it is stored as: they compute nothing.
_HANDS_ON = """
    convert_element_type copy copy_p device_put layout_constraint name optimization_barrier
    reduce_precision reshard sharding_constraint stop_gradient
"""
# Hand elements on to the last bit, or change their sign alone: no rounding.
_EXACT = """
    abs clamp conj copy copy_p cummax cummin device_put dynamic_slice dynamic_update_slice gather
    imag iota layout_constraint max min name neg optimization_barrier real reduce_max reduce_min
    reduce_window_max reduce_window_min reshard scatter select_n sharding_constraint stop_gradient
"""
# f(0) = 0.
_KEEPS_ZERO = """
    abs asin asinh atan atanh bessel_i1e cbrt ceil conj convert_element_type copy copy_p erf erf_inv
    expm1 floor imag layout_constraint log1p name neg population_count real reduce_precision reshard
    round sharding_constraint sign sin sinh sqrt square stop_gradient tan tanh
"""
# f(a) <= f(b) for a <= b, wherever the function is defined.
_MONOTONE = """
    acosh asin asinh atan atanh cbrt ceil convert_element_type copy copy_p erf erf_inv exp exp2
    expm1 floor layout_constraint log log1p log2 logistic name reduce_precision reshard round
    sharding_constraint sign sinh sqrt stop_gradient tanh
"""
# Large operands make large results, which only large operands do: neither saturates nor explodes.
_LARGE = """
    abs add add_any cbrt ceil clamp conj convert_element_type copy copy_p div floor integer_pow
    layout_constraint max min mul name neg reduce_precision rem reshard round select_n
    sharding_constraint sqrt square stop_gradient sub
"""
# Real numbers stay real, though their dtype may be complex.
_KEEPS_REAL = """
    add add_any conj convert_element_type copy copy_p div dot_general layout_constraint mul name neg
    reduce_precision reduce_sum reshard sharding_constraint square stop_gradient sub
"""
_DECIDES: dict[str, Decides] = {
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
_FLOATS_ALONE: tuple[Decides, ...] = ("zero or infinity", "large")
_LINES = "lu_pivots_to_permutation tridiagonal_solve"  # linear algebra on rows, not on matrices


@dataclass(frozen=True)
class Primitive:
    """What a primitive of JAX is.

    Attributes:
        name: as equations have it.
        kind: what its results are made of.
        reason: why nothing is known of what it reads; "" where that is known.
        work: what its floating-point operations are counted by; None where it costs nothing, or
            where its cost is not counted (sorting, transforms, factorisations).
        weighted: whether it multiplies one operand by another and sums: what layers with weights
            are made of.
        hands_on: whether every element is handed on as it is, up to its dtype.
        exact: whether results are elements of operands, up to their sign: nothing is rounded.
        keeps_zero: of a unary primitive, whether zero stays zero.
        monotone: of a unary primitive, whether it never falls.
        large: whether results may be large where operands are, and only there.
        keeps_real: whether complex numbers without imaginary part stay so.
        decides: what lets some elements of a result be known; None: nothing.
        matrix_dims: of linear algebra, the number of last dimensions of the first operand that are
            no batch; else 0.
    """

    name: str
    kind: Kind
    reason: str = ""
    work: Work | None = None
    weighted: bool = False
    hands_on: bool = False
    exact: bool = False
    keeps_zero: bool = False
    monotone: bool = False
    large: bool = False
    keeps_real: bool = False
    decides: Decides | None = None
    matrix_dims: int = 0


_ELEMENTWISE: tuple[Kind, ...] = ("unary", "binary", "ternary")
_REARRANGES: tuple[Kind, ...] = ("move", "join")


def _primitive(name: str, kind: Kind) -> Primitive:
    """A row of the table."""
    elementwise, moves = kind in _ELEMENTWISE, kind in _REARRANGES
    hands_on = name in _HANDS_ON.split()
    return Primitive(
        name,
        kind,
        work=None if hands_on else _work(name, kind),
        weighted=kind == "contraction",
        hands_on=hands_on,
        exact=moves or name in _EXACT.split(),
        keeps_zero=name in _KEEPS_ZERO.split(),
        monotone=name in _MONOTONE.split(),
        large=name in _LARGE.split(),
        keeps_real=moves or name in _KEEPS_REAL.split(),
        decides=_DECIDES.get(name, "operands" if elementwise else None),
        matrix_dims=(1 if name in _LINES.split() else 2) if kind == "linear-algebra" else 0,
    )


def _work(name: str, kind: Kind) -> Work | None:
    if kind in _ELEMENTWISE:
        return "result"
    if kind == "contraction":
        return "multiply-add"
    if kind == "window":
        return "window" if name.startswith("reduce_window") else None
    if name == "reduce":  # by any function of the user's
        return None
    return "operand" if kind in ("reduce", "cumulate") or name == "reduce_scatter" else None


def _table() -> Iterable[Primitive]:
    """All rows."""
    for kind, names in _KINDS.items():
        yield from (_primitive(name, kind) for name in names.split())
    without: tuple[tuple[Kind, dict[str, str]], ...] = (
        ("constant", CONSTANT),
        ("random", RANDOM),
        ("opaque", OPAQUE),
    )
    for kind, reasons_ in without:
        for reason_, names in reasons_.items():
            exact_ = _EXACT.split()
            for name in names.split():
                yield Primitive(name, kind, reason_, exact=name in exact_)


PRIMITIVES: dict[str, Primitive] = {primitive.name: primitive for primitive in _table()}


def is_known(name: str) -> bool:
    """Whether a primitive is in the table."""
    return name in PRIMITIVES


def kind(name: str) -> Kind | None:
    """The kind of a primitive; None where it is not in the table.

    >>> kind("tanh"), kind("no such primitive")
    ('unary', None)
    """
    return PRIMITIVES[name].kind if name in PRIMITIVES else None


def of_kind(*kinds: Kind) -> tuple[str, ...]:
    """The names of all primitives of some kinds.

    >>> of_kind("contraction", "fourier")
    ('conv_general_dilated', 'dot_general', 'fft')
    """
    assert set(kinds) <= set(get_args(Kind)), kinds
    return tuple(name for name, primitive in PRIMITIVES.items() if primitive.kind in kinds)


def elementwise() -> tuple[str, ...]:
    """Names of primitives whose result at an index reads that index of every operand alone.

    ``select_n`` is one as well; it stands apart because it also chooses.
    """
    return of_kind(*_ELEMENTWISE)


def reason(name: str) -> str:
    """Why nothing is known of what a primitive reads; "" where that is known, or nobody looked.

    >>> reason("iota")
    'read nothing, so that no input reaches them'
    """
    return PRIMITIVES[name].reason if name in PRIMITIVES else ""


def reasons() -> dict[str, str]:
    """Name -> reason of every primitive that has one."""
    return {name: primitive.reason for name, primitive in PRIMITIVES.items() if primitive.reason}


def work(name: str) -> Work | None:
    """What the operations of a primitive are counted by; None: it costs nothing that is counted."""
    return PRIMITIVES[name].work if name in PRIMITIVES else None


def weighted() -> frozenset[str]:
    """Names of primitives that multiply one operand by another and sum: layers with weights."""
    return _with("weighted")


def handing_on() -> frozenset[str]:
    """Names of primitives that hand every element on as it is, up to its dtype, in its place."""
    return _with("hands_on")


def exact() -> frozenset[str]:
    """Names of primitives whose results are elements of their operands, up to their sign."""
    return _with("exact")


def keeping_zero() -> frozenset[str]:
    """Names of unary primitives that make zero of zero."""
    return _with("keeps_zero")


def monotone() -> frozenset[str]:
    """Names of unary primitives that never fall."""
    return _with("monotone")


def large() -> frozenset[str]:
    """Names of elementwise primitives whose results may be large where, and as, operands are."""
    return _with("large")


def keeping_real() -> frozenset[str]:
    """Names of primitives that make numbers without imaginary part of such numbers."""
    return _with("keeps_real")


def decides(name: str) -> Decides | None:
    """What lets some elements of a result be known; None: nothing.

    >>> decides("or"), decides("reshape"), decides("sin"), decides("fft")
    ('one bits', 'moved', 'operands', None)
    """
    return PRIMITIVES[name].decides if name in PRIMITIVES else None


def decides_alone(name: str, *, floats: bool) -> bool:
    """Whether a known element of one operand can decide a result, whatever the other one is.

    An integer that is divided by zero is whatever the device makes of it, and a sum of integers
    absorbs nothing.

    Args:
        name: of the primitive.
        floats: whether the operands are floating-point numbers.

    >>> decides_alone("or", floats=False), decides_alone("div", floats=False)
    (True, False)
    """
    found = decides(name)
    return found not in (None, "moved", "operands", *(() if floats else _FLOATS_ALONE))


def matrix_dims(name: str) -> int:
    """Of linear algebra, how many last dimensions of the first operand are no batch; else 0."""
    return PRIMITIVES[name].matrix_dims if name in PRIMITIVES else 0


def _with(attribute: str) -> frozenset[str]:
    """The names of all primitives that something is true of."""
    return frozenset(n for n, primitive in PRIMITIVES.items() if getattr(primitive, attribute))
