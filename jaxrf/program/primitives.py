"""The table of JAX's primitives, from which every list of primitive names follows.

Only facts about JAX stand here, none about receptive fields: a rule says how a field moves through
a primitive, and two sets of rules (theory, linearisation) that shared one would not test each
other. A primitive that is in no table is assumed to mix everything, and fails the census in the
tests: someone should look at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from jaxrf.program import primitive_data as data
from jaxrf.program.opaque import CONSTANT, OPAQUE, RANDOM
from jaxrf.program.primitive_data import Decides, DimensionNumbers, Kind, Work

__all__ = [
    "PRIMITIVES",
    "Decides",
    "Kind",
    "Primitive",
    "Work",
    "comparing",
    "decides",
    "decides_alone",
    "dimension_numbers",
    "elementwise",
    "exact",
    "handing_on",
    "keeping_real",
    "keeping_zero",
    "kind",
    "large",
    "matrix_dims",
    "monotone",
    "of_kind",
    "products",
    "reason",
    "reasons",
    "tells_sign",
    "weighted",
    "work",
]


@dataclass(frozen=True)
class Primitive:
    """The properties of a primitive of JAX.

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
        compares: whether it makes truth values of numbers.
        keeps_zero: of a unary primitive, whether zero stays zero.
        monotone: of a unary primitive, whether it never falls.
        large: whether results may be large where operands are, and only there.
        tells_sign: whether it tells -0.0 from 0.0, by finite results.
        tells_sign_complex: whether it does so of complex numbers.
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
    compares: bool = False
    keeps_zero: bool = False
    monotone: bool = False
    large: bool = False
    tells_sign: bool = False
    tells_sign_complex: bool = False
    keeps_real: bool = False
    decides: Decides | None = None
    matrix_dims: int = 0


_ELEMENTWISE: tuple[Kind, ...] = ("unary", "binary", "ternary")
_REARRANGES: tuple[Kind, ...] = ("move", "join")


def _primitive(name: str, kind: Kind) -> Primitive:
    """A row of the table."""
    elementwise, moves = kind in _ELEMENTWISE, kind in _REARRANGES
    hands_on = name in data.HANDS_ON.split()
    return Primitive(
        name,
        kind,
        work=None if hands_on else _work(name, kind),
        weighted=kind == "contraction",
        hands_on=hands_on,
        exact=moves or name in data.EXACT.split(),
        compares=name in data.COMPARES.split(),
        keeps_zero=name in data.KEEPS_ZERO.split(),
        monotone=name in data.MONOTONE.split(),
        large=name in data.LARGE.split(),
        tells_sign=name in data.TELLS_SIGN.split(),
        tells_sign_complex=name in (*data.TELLS_SIGN.split(), *data.TELLS_SIGN_COMPLEX.split()),
        keeps_real=moves or name in data.KEEPS_REAL.split(),
        decides=data.DECIDES.get(name, "operands" if elementwise else None),
        matrix_dims=(1 if name in data.LINES.split() else 2) if kind == "linear-algebra" else 0,
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
    for kind, names in data.KINDS.items():
        yield from (_primitive(name, kind) for name in names.split())
    without: tuple[tuple[Kind, dict[str, str]], ...] = (
        ("constant", CONSTANT),
        ("random", RANDOM),
        ("opaque", OPAQUE),
    )
    for kind, groups in without:
        for reason, names in groups.items():
            for name in names.split():
                yield Primitive(name, kind, reason, exact=name in data.EXACT.split())


PRIMITIVES: dict[str, Primitive] = {primitive.name: primitive for primitive in _table()}


def kind(name: str) -> Kind | None:
    """The kind of a primitive; None where it is not in the table.

    >>> kind("tanh"), kind("no such primitive")
    ('unary', None)
    """
    return PRIMITIVES[name].kind if name in PRIMITIVES else None


@cache
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
    """The measure of a primitive's operations; None where no operation is counted."""
    return PRIMITIVES[name].work if name in PRIMITIVES else None


def weighted() -> frozenset[str]:
    """Names of primitives that multiply one operand by another and sum: layers with weights."""
    return _with("weighted")


def products() -> tuple[str, ...]:
    """Names of the contractions that sum over whole dimensions: products of matrices.

    >>> products()
    ('dot_general',)
    """
    return tuple(data.PRODUCTS)


def dimension_numbers(name: str, params: Mapping[str, Any]) -> DimensionNumbers:
    """The contracted and the batch dimensions of both operands of one of :func:`products`."""
    return data.PRODUCTS[name](params)


def handing_on() -> frozenset[str]:
    """Names of primitives that hand every element on as it is, up to its dtype, in its place."""
    return _with("hands_on")


def exact() -> frozenset[str]:
    """Names of primitives whose results are elements of their operands, up to their sign."""
    return _with("exact")


def comparing() -> frozenset[str]:
    """Names of primitives that make truth values of numbers."""
    return _with("compares")


def keeping_zero() -> frozenset[str]:
    """Names of unary primitives that make zero of zero."""
    return _with("keeps_zero")


def monotone() -> frozenset[str]:
    """Names of unary primitives that never fall."""
    return _with("monotone")


def large() -> frozenset[str]:
    """Names of elementwise primitives whose results may be large where, and as, operands are."""
    return _with("large")


def tells_sign(name: str, *, complex_: bool) -> bool:
    """Whether a primitive tells -0.0 from 0.0, by finite results.

    Args:
        name: of the primitive.
        complex_: whether an operand is of complex numbers.

    >>> tells_sign("atan2", complex_=False), tells_sign("log", complex_=False)
    (True, False)
    """
    return name in _with("tells_sign_complex" if complex_ else "tells_sign")


def keeping_real() -> frozenset[str]:
    """Names of primitives that make numbers without imaginary part of such numbers."""
    return _with("keeps_real")


def decides(name: str) -> Decides | None:
    """The way in which some elements of a result can be known; None if there is none.

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
    return found not in (None, "moved", "operands", *(() if floats else data.FLOATS_ALONE))


def matrix_dims(name: str) -> int:
    """Number of matrix dimensions of the first operand of linear algebra; 0 for others."""
    return PRIMITIVES[name].matrix_dims if name in PRIMITIVES else 0


@cache
def _with(attribute: str) -> frozenset[str]:
    """The names of all primitives that something is true of."""
    return frozenset(n for n, primitive in PRIMITIVES.items() if getattr(primitive, attribute))
