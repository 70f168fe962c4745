"""Known values: the shortcut through numpy gives what JAX gives, bit for bit where it can."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.program import compat
from jaxrf.program.evaluate import evaluate
from jaxrf.program.trace import trace

FLOATS = np.array([[-2.5, -1.0, -0.0], [0.5, np.inf, np.nan]], np.float32)
WHOLE = np.array([[-7, 0, 3], [5, 127, -128]], np.int8)
BITS = np.array([[True, False, True], [False, False, True]])
UNSIGNED = np.array([[0, 1, 255], [7, 128, 2]], np.uint8)
NUMBERS = {"floats": FLOATS, "whole": WHOLE, "unsigned": UNSIGNED}

UNARY = {
    "abs": lax.abs, "neg": lax.neg, "sign": lax.sign, "square": lax.square,
    "reduce_max": lambda x: jnp.max(x, 0),
    "reshape": lambda x: lax.reshape(x, (3, 2)), "transpose": lambda x: x.T,
    "squeeze": lambda x: lax.squeeze(x[:1], (0,)), "rev": lambda x: lax.rev(x, (1,)),
    "broadcast_in_dim": lambda x: lax.broadcast_in_dim(x, (2, 4, 3), (0, 2)),
    "slice": lambda x: lax.slice(x, (0, 0), (2, 3), (1, 2)),
    "concatenate": lambda x: lax.concatenate([x, x], 1),
}  # fmt: skip
BINARY = {
    "add": lax.add, "sub": lax.sub, "mul": lax.mul, "max": lax.max, "min": lax.min, "eq": lax.eq,
    "ne": lax.ne, "ge": lax.ge, "gt": lax.gt, "le": lax.le, "lt": lax.lt, "div": lax.div,
}  # fmt: skip


def same(f, *operands, close=False):
    """Every equation of f, on its own operands, in numpy and by JAX."""
    shapes = [jax.ShapeDtypeStruct(o.shape, o.dtype) for o in operands]
    program = trace(lambda *xs: f(*xs), shapes).program
    values = {**program.constants, **dict(zip(program.inputs, operands, strict=True))}
    for equation in program.equations:
        inputs = [np.asarray(values[i]) for i in equation.inputs]
        found = evaluate(equation, inputs)
        truth = [np.asarray(r) for r in compat.bind(equation, *inputs)]
        for a, b in zip(found, truth, strict=True):
            assert (a.dtype, a.shape) == (b.dtype, b.shape), equation.name
            if close:
                np.testing.assert_allclose(a, b, rtol=1e-6)
            else:
                wide = [r.astype("float32") if r.dtype == "bfloat16" else r for r in (a, b)]
                np.testing.assert_array_equal(*wide, equation.name)
        values.update(zip(equation.outputs, truth, strict=True))
    return {equation.name for equation in program.equations}


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("name", UNARY)
def test_unary(name, kind):
    if (name, kind) == ("abs", "unsigned"):  # JAX has none
        kind = "whole"
    assert name in same(UNARY[name], NUMBERS[kind])


@pytest.mark.parametrize("kind", NUMBERS)
def test_sums_wrap_around(kind):
    assert "reduce_sum" in same(lambda x: jnp.sum(x, 1, dtype=x.dtype), NUMBERS[kind])


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("name", BINARY)
def test_binary(name, kind):
    operand = NUMBERS[kind]
    other = operand[::-1].copy()
    if name == "div" and kind != "floats":
        other = np.where(other == 0, 2, other).astype(other.dtype)  # rounded towards zero
    assert name in same(BINARY[name], operand, other)


@pytest.mark.parametrize("f", [lax.bitwise_and, lax.bitwise_or, lax.bitwise_xor])
def test_bits(f):
    same(f, BITS, BITS[::-1].copy())
    same(f, WHOLE, WHOLE[::-1].copy())
    assert "not" in same(lax.bitwise_not, BITS) & same(lax.bitwise_not, WHOLE)


def test_rounding_and_sines():
    assert {"floor", "ceil"} <= same(lambda x: lax.floor(x) + lax.ceil(x), FLOATS)
    same(lax.sin, FLOATS[:1], close=True)


@pytest.mark.parametrize("to", ["int32", "uint8", "float32", "bool", "bfloat16"])
@pytest.mark.parametrize("kind", [*NUMBERS, "bits"])
def test_conversions(kind, to):
    same(lambda x: lax.convert_element_type(x, to), {**NUMBERS, "bits": BITS}[kind])


def test_selects():
    same(lambda w, a, b: lax.select_n(w, a, b), BITS, FLOATS, FLOATS[::-1].copy())
    same(lambda w, a, b: lax.select_n(w[0, 0], a, b), BITS, FLOATS, FLOATS[::-1].copy())
    which = np.array([5, -3, 1], np.int32)  # clamped
    same(lambda w, *xs: lax.select_n(w, *xs), which, *(np.full(3, n, np.int32) for n in (1, 2, 3)))
    many = [np.full(3, n, np.int32) for n in range(9)]
    same(lambda w, *xs: lax.select_n(w, *xs), np.array([8, 0, 4], np.int32), *many)


def test_tables():
    program = trace(lambda x: x + lax.broadcasted_iota(x.dtype, (2, 3), 1), (2, 3)).program
    (iota,) = [eq for eq in program.equations if eq.name == "iota"]
    (found,) = evaluate(iota, [])
    np.testing.assert_array_equal(found, [[0, 1, 2]] * 2)
    assert found.dtype == np.float32


def test_what_cannot_run_on_its_own_is_not_known():
    def refuse(x):
        raise RuntimeError

    f = lambda x: jax.pure_callback(refuse, jax.ShapeDtypeStruct((3,), x.dtype), x)  # noqa: E731
    (equation,) = trace(f, (3,)).program.equations
    assert evaluate(equation, [np.ones(3, np.float32)]) is None
