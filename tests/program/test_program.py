"""The flat program: call frames, dead code, scopes, constants that are known and weights.

Covers: program.equation, program.trace.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.ad_checkpoint import checkpoint_name

from jaxrf.program.trace import trace
from jaxrf.theory.analyze import analyze


def touched(f, shape=(1, 6, 1), at=2):
    return np.flatnonzero(analyze(f, shape).support(at=(at,)).mask).tolist()


def names(f, shape=(1, 6, 1)):
    return [equation.name for equation in trace(f, shape).program.equations]


def folded(f, shape=(1, 6, 1)):
    """The value of the last equation's second operand, None where it is not known."""
    program = trace(f, shape).program
    return program.fold(program.equations[-1].inputs[1])


def test_calls_of_one_jitted_function_have_their_own_values():
    @jax.jit
    def scale(a, b):
        return a * b

    # A tool that shares one environment between the calls reports no dependency at all here.
    assert touched(lambda x: scale(x, jnp.zeros_like(x)) + scale(x, x)) == [2]
    assert touched(lambda x: scale(x[:, 1:], 2.0) + scale(x[:, :-1], 3.0)) == [2, 3]
    assert touched(lambda x: scale(scale(x[:, 2:], 1.0)[:, 1:], scale(x, 1.0)[:, :3])) == [2, 5]


def test_calls_inside_calls():
    inner = jax.jit(lambda a: a[:, 1:])
    outer = jax.jit(lambda a: inner(inner(a)))
    assert touched(lambda x: outer(x), at=0) == [2]


@pytest.mark.parametrize(
    "wrap",
    [
        jax.jit,
        jax.checkpoint,
        lambda f: _custom_jvp(f),
        lambda f: _custom_vjp(f),
        lambda f: jax.named_call(f, name="here"),
        lambda f: jax.jit(jax.checkpoint(f)),
        lambda f: jax.vmap(f),
    ],
    ids=["jit", "checkpoint", "custom_jvp", "custom_vjp", "named_call", "both", "vmap"],
)
def test_calls_of_every_kind_are_entered(wrap):
    f = wrap(lambda x: jnp.cos(x[..., 1:, :]) + x[..., :-1, :])
    assert touched(lambda x: f(x)) == [2, 3]
    assert {"slice", "cos", "add"} <= set(names(lambda x: f(x)))


def _custom_jvp(f):
    g = jax.custom_jvp(f)
    g.defjvp(lambda primals, tangents: (f(*primals), 0 * f(*tangents)))
    return g


def _custom_vjp(f):
    g = jax.custom_vjp(f)
    g.defvjp(lambda x: (f(x), None), lambda _, y: (y,))  # a wrong derivative must not matter
    return g


def test_dead_code_is_gone():
    def f(x):
        jnp.cumsum(x, 1)  # has no rule, and nobody uses it
        return jnp.cos(x)

    assert names(f) == ["cos"]
    assert analyze(f, (1, 6, 1)).approximate == ()


def test_unused_outputs_of_a_call_are_dead_too():
    both = jax.jit(lambda x: (jnp.cos(x), jnp.cumsum(x, 1)))
    assert names(lambda x: both(x)[0]) == ["cos"]


def test_scopes_accumulate():
    inner = jax.jit(lambda x: jnp.cos(x))

    def f(x):
        with jax.named_scope("block"), jax.named_scope("conv"):
            return inner(x)

    (equation,) = trace(f, (1, 6, 1)).program.equations
    assert equation.scope == "block/conv"


def test_sources_are_the_users_lines_even_inside_library_functions():
    program = trace(lambda x: jnp.cumsum(x, 1), (1, 6, 1)).program
    assert all("test_program.py:" in equation.source for equation in program.equations)


def test_integers_are_followed_and_folded():
    def f(x):
        offsets = jnp.array([3, 1, 2])
        return jax.lax.dynamic_slice(x, (0, offsets[1] + jnp.arange(3)[1], 0), (1, 2, 1))

    assert touched(f, at=0) == [2]
    assert touched(f, at=1) == [3]


def test_floats_that_follow_from_literals_are_known():
    np.testing.assert_array_equal(folded(lambda x: x @ jnp.eye(1)), [[1.0]])


def test_weights_are_unknown_even_where_they_are_zero():
    zero = jnp.zeros((1, 1))
    assert folded(lambda x: x @ zero) is None
    assert folded(lambda x: x @ (zero + 1)) is None
    # a learned zero is not a missing connection
    assert touched(lambda x: x * zero[0, 0]) == [2]
    assert touched(lambda x: x[:, 1:] @ zero + x[:, :-1]) == [2, 3]


def test_folding_works_while_a_measurement_is_traced():
    program = trace(lambda x: x @ jnp.eye(1), (1, 6, 1)).program
    number = program.equations[-1].inputs[1]
    found = []
    jax.make_jaxpr(lambda y: found.append(program.fold(number)) or y)(1.0)
    np.testing.assert_array_equal(found[0], [[1.0]])


def test_what_the_input_cannot_influence_is_not_in_the_graph():
    def f(x):
        return x + jnp.cumsum(jnp.ones((1, 6, 1)), 1)

    assert [node.op for node in analyze(f, (1, 6, 1)).graph] == ["input", "add"]


def test_an_output_of_an_operation_may_be_independent_of_the_input():
    def f(x):
        first, second = jax.lax.optimization_barrier((x[:, 1:], jnp.ones((1, 5, 1))))
        return {"first": first, "second": second, "sum": jnp.cos(second).reshape(5) + x[0, 1:, 0]}

    analysis = analyze(f, (1, 6, 1))
    assert analysis.names == ("first", "sum")
    assert np.flatnonzero(analysis.support("sum", (2,)).mask).tolist() == [3]


def test_random_keys_are_constants_like_any_other():
    def f(x):
        return x + jax.random.normal(jax.random.key(0), x.shape)

    assert touched(f) == [2]


def test_markers_become_end_points_in_order():
    def f(x):
        y = checkpoint_name(x[:, 1:], "stem")
        y = checkpoint_name(y[:, 1:], "stem")
        return checkpoint_name(y[:, 1:], "head")

    analysis = analyze(f, (1, 6, 1))
    assert analysis.names == ("stem", "stem#2", "head")
    assert [field.padding for _, field in analysis.items()] == [(-1,), (-2,), (-3,)]
    assert analysis.output.name == "head"


def test_places_that_the_data_move_are_a_bound():
    """A deformable convolution reads near a known place; sorting may read anywhere."""

    def deformed(x):
        offset = 2 * jnp.tanh(x[..., 0])
        places = jnp.arange(8) + jnp.round(offset).astype(int)
        return jnp.take_along_axis(x, jnp.clip(places, 0, 7)[..., None], 1)

    analysis = analyze(deformed, (1, 8, 1))
    (bound,) = analysis.approximate
    assert bound.startswith("gather at places that the data move (")
    assert analyze(lambda x: jnp.sort(x, 1) + x[:, jnp.argmax(x)], (1, 8, 1)).approximate == ()
