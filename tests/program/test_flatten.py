"""Flattening: numbers of values, frames of calls, captured arrays, what is written out.

Covers: program.writer.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.program import compat
from jaxrf.program.flatten import flatten
from jaxrf.program.states import Unresolved
from jaxrf.program.writer import Writer

X = np.arange(4, dtype=np.float32)


def flat(f, *operands, inputs=(0,)):
    return flatten(jax.make_jaxpr(f)(*operands), inputs=inputs)


def run(program, *operands):
    """The outputs of a flat program on arguments, equation by equation."""
    values = {**program.constants, **dict(zip(program.arguments, operands, strict=True))}
    for eq in program.equations:
        assert tuple(np.shape(values[i]) for i in eq.inputs) == eq.in_shapes
        results = compat.bind(eq, *(values[i] for i in eq.inputs))
        assert tuple(np.shape(r) for r in results) == eq.out_shapes
        values.update(zip(eq.outputs, results, strict=True))
    return [np.asarray(values[i]) for i in program.outputs]


@jax.jit
def halves(x):
    return x[:2] * 2, jax.jit(jnp.sin)(x[2:])


def loop(x):
    return lax.scan(lambda carry, row: (carry + row, carry * row), x[0], x)


def branch(x):
    return lax.cond(x[0] > 0, jnp.sin, lambda y: halves(y)[1].sum() + y, x)


CAPTURED = jnp.linspace(1, 2, 4)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: halves(x)[0] + halves(x[::-1])[1],
        lambda x: halves(jnp.concatenate(halves(x))),
        loop,
        branch,
        lambda x: lax.fori_loop(0, 3, lambda i, y: y * i + CAPTURED, x),
        lambda x: lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * s[0]), (1, x))[1],
        jax.checkpoint(lambda x: jnp.tanh(x @ CAPTURED)),
        jax.vmap(lambda x: lax.cumsum(x[None])[0]),
    ],
)
def test_a_flat_program_computes_what_the_function_does(f):
    expected = jax.tree.leaves(f(X))
    for found, value in zip(run(flat(f, X), X), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-6)


def test_every_value_has_one_number_and_one_maker():
    program = flat(lambda x: loop(x)[1] + branch(x), X)
    made = [i for eq in program.equations for i in eq.outputs]
    assert len(made) == len(set(made))
    given = {*program.arguments, *program.constants}
    assert given.isdisjoint(made)
    known = set(given)
    for eq in program.equations:
        assert known.issuperset(eq.inputs)  # in order of execution
        known.update(eq.outputs)
    assert known.issuperset(program.outputs)


def test_no_call_is_left():
    program = flat(lambda x: halves(jax.checkpoint(branch)(x)), X)
    names = {eq.name for eq in program.equations}
    assert names.isdisjoint([*compat.CALLS, "scan", "while", "cond"])


def test_inputs_and_parameters_are_arguments():
    program = flat(lambda w, x, b: x * w + b, X, X, X, inputs=[1])
    assert program.inputs == (program.arguments[1],)
    mul, add = program.equations
    assert program.dependent == {program.inputs[0], *mul.outputs, *add.outputs}
    assert program.fold(program.arguments[0]) is None


def test_an_output_may_be_an_argument_or_a_constant():
    program = flat(lambda x: (x, 2.0, CAPTURED), X)
    assert program.equations == ()
    assert program.outputs[0] == program.arguments[0]
    assert [np.shape(program.constants[i]) for i in program.outputs[1:]] == [(), (4,)]


def test_one_captured_array_is_one_value():
    def f(x):
        return halves(x * CAPTURED)[0] + (CAPTURED + 1)[:2] + halves(CAPTURED)[0]

    held = [value for value in flat(f, X).constants.values() if np.shape(value) == (4,)]
    assert len(held) == 1


def test_captured_floats_are_weights_and_literals_are_not():
    program = flat(lambda x: x * CAPTURED + 2.0, X)
    mul, add = program.equations
    assert program.fold(mul.inputs[1]) is None
    assert program.fold(add.inputs[1]) == 2.0


def test_dtypes_are_noted():
    program = flat(lambda x: (x > 1, x.astype(jnp.bfloat16)), X)
    assert [program.dtype(i) for i in program.outputs] == [np.bool_, jnp.bfloat16]
    assert program.dtype(program.arguments[0]) == np.float32


def test_scopes_and_sources_are_those_of_all_calls():
    def f(x):
        with jax.named_scope("outer"):
            return inner(x)

    @jax.jit
    def inner(x):
        with jax.named_scope("inner"):
            return jnp.sin(x)

    (eq,) = flat(f, X).equations
    assert eq.scope == "outer/inner"
    assert len(eq.sources) == 2
    assert "test_flatten.py" in eq.source


def test_readers_and_makers():
    program = flat(lambda x: (x + x) * jnp.sin(x), X)
    first, second, last = program.equations
    assert program.readers[program.arguments[0]] == [first, second]
    assert program.made[last.outputs[0]] is last


def test_what_is_found_about_values_is_kept_by_the_question():
    program = flat(jnp.sin, X)
    program.findings("size")[0] = 4
    assert program.findings("size") == {0: 4}
    assert program.findings("color") == {}


def test_an_expansion_that_fails_leaves_no_trace():
    def give_up(writer, eqn, inputs, place, sources):
        writer.trace(jnp.cos, eqn.invars, inputs, place, sources)
        return

    def lose(writer, eqn, inputs, place, sources):
        writer.trace(jnp.cos, eqn.invars, inputs, place, sources)
        raise Unresolved

    def expand(writer, eqn, inputs, place, sources):
        return writer.trace(lambda x: jnp.cos(x) * 2, eqn.invars, inputs, place, sources)

    jaxpr = jax.make_jaxpr(jnp.sin)(X).jaxpr
    for expansion, names in [(give_up, ["sin"]), (lose, ["sin"]), (expand, ["cos", "mul"])]:
        writer = Writer({"sin": expansion})
        writer.write(jaxpr, (), [writer.new((4,))])
        assert [eq.name for eq in writer.equations] == names
