"""The table of primitives says what JAX's primitives do.

Covers: program.primitive_data.
"""

import jax
import numpy as np
import pytest
from jax import lax

from jaxrf.program import primitives

X = np.linspace(-3, 3, 25, dtype=np.float32)

# Of whole numbers, of complex ones, or with parameters.
_OTHERS = """
clz conj convert_element_type imag integer_pow not population_count real reduce_precision reshard
""".split()
# Name -> the primitive of one floating-point operand, as an ordinary function.
UNARY = {
    name: getattr(lax, name)
    for name in primitives.of_kind("unary")
    if callable(getattr(lax, name, None)) and name not in _OTHERS
}


def test_most_unary_primitives_are_tried():
    assert len(UNARY) > 35


@pytest.mark.parametrize("name", UNARY)
def test_zero_stays_zero_where_the_table_says_so(name):
    assert (float(UNARY[name](np.float32(0))) == 0) == (name in primitives.keeping_zero())


@pytest.mark.parametrize("name", UNARY)
def test_what_never_falls_is_monotone(name):
    wide = np.array([-np.inf, *X, np.inf], np.float32)
    values = np.asarray(UNARY[name](wide), np.float64)
    rises = bool((np.diff(values[np.isfinite(values)]) >= 0).all())
    assert rises == (name in primitives.monotone())


@pytest.mark.parametrize("name", sorted(set(UNARY) & primitives.exact()))
def test_what_is_exact_hands_elements_on(name):
    assert np.isin(np.abs(UNARY[name](X)), np.abs(X)).all()


@pytest.mark.parametrize("name", sorted(set(UNARY) & primitives.handing_on()))
def test_what_hands_on_keeps_every_element(name):
    assert np.array_equal(UNARY[name](X), X)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_what_tells_the_sign_of_zero_is_in_the_table(name, dtype):
    one, other = np.array([0.0, -2, 0.5, 2, 0, 0]), np.array([0.0, 0, 0, 0, 2, -2])
    signs = [(a, b) for a in (1, -1) for b in (1, -1)]
    zeros = [
        (np.where(one == 0, a * 0.0, one), np.where(other == 0, b * 0.0, other)) for a, b in signs
    ]
    complex_ = dtype is np.complex64
    operands = [np.stack(pair, -1).view(complex)[:, 0] if complex_ else pair[0] for pair in zeros]
    try:
        values = [np.asarray(UNARY[name](x.astype(dtype))).astype(complex) for x in operands]
    except TypeError:  # of real numbers only
        return
    finite = np.all(np.isfinite(values), 0)
    near = [np.isclose(v, values[0], 1e-3, 1e-6) | ~finite for v in values]
    assert np.all(near) or primitives.tells_sign(name, complex_=complex_)


def test_the_angle_tells_the_sign_of_zero():
    above, below = (float(lax.atan2(np.float32(zero), np.float32(-1))) for zero in (0.0, -0.0))
    assert above != below
    assert primitives.tells_sign("atan2", complex_=False)


def test_a_kind_is_that_of_the_operands():
    operands = {"unary": 1, "binary": 2}
    for name in set(dir(lax)) & set(primitives.of_kind("unary", "binary")):
        count = operands[primitives.kind(name)]
        bits = name in ("and", "or", "xor", "clz", "not", "population_count", "mulhi")
        x = np.ones(2, np.int32 if bits or name.startswith("shift") else np.float32)
        try:
            jaxpr = jax.make_jaxpr(getattr(lax, name))(*[x] * count)
        except TypeError:  # needs a parameter, or complex numbers
            continue
        own = [e for e in jaxpr.jaxpr.eqns if e.primitive.name == name]
        assert all(len(e.invars) == count for e in own), name


_DECISIVE = {"mul": 0, "and": 0, "or": -1, "max": 2**31 - 1, "min": -(2**31)}


@pytest.mark.parametrize(("name", "decisive"), _DECISIVE.items())
def test_an_operand_decides_alone(name, decisive):
    function = {"and": lax.bitwise_and, "or": lax.bitwise_or}.get(name) or getattr(lax, name)
    x = np.array([-(2**31), -5, 0, 1, 2, 77, 2**31 - 1], np.int32)
    assert len(np.unique(function(x, np.full_like(x, decisive)))) == 1
    assert primitives.decides_alone(name, floats=False)


def test_integers_decide_no_sum_and_no_quotient():
    for name in ("add", "sub", "div"):
        assert primitives.decides_alone(name, floats=True)
        assert not primitives.decides_alone(name, floats=False)


def test_every_opaque_primitive_has_a_reason_and_no_other():
    for primitive in primitives.PRIMITIVES.values():
        assert bool(primitive.reason) == (primitive.kind in ("constant", "random", "opaque"))


def test_properties_name_primitives_of_the_table():
    lists = [
        *(primitives.keeping_zero(), primitives.monotone(), primitives.large()),
        *(primitives.exact(), primitives.handing_on(), primitives.keeping_real()),
    ]
    assert all(lists)
    assert primitives.keeping_zero() | primitives.monotone() <= set(primitives.of_kind("unary"))


def test_what_costs_nothing():
    free = [name for name in primitives.elementwise() if primitives.work(name) is None]
    assert set(free) == primitives.handing_on() & set(primitives.elementwise())
    assert primitives.work("reduce_window_sum") == "window"
    assert primitives.work("argmax") == "operand"
    assert primitives.weighted() >= {"conv_general_dilated", "dot_general"}


def test_the_products_of_every_contraction_are_counted():
    # beyond those of PRODUCTS, jaxrf/theory/flops.py has to know a contraction by its name
    counted = {"conv_general_dilated", *primitives.products()}
    assert set(primitives.of_kind("contraction")) == counted
