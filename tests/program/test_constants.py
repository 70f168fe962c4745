"""Constant folding: which values follow from code alone, equation by equation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.frameworks.array_kinds import Kind
from jaxrf.program import constants
from jaxrf.program.constants import ConstantFolding
from jaxrf.program.equation import Equation


def folded(function, *operands, kinds=None) -> tuple[ConstantFolding, int]:
    """The folding of a function's equations, and the number of its result.

    Operands are given with their kinds; those of kind None have no value.
    """
    kinds = kinds or (Kind.FACT,) * len(operands)
    jaxpr = jax.make_jaxpr(function)(*operands).jaxpr
    folding, numbers = ConstantFolding(), {}
    for variable, operand, kind in zip(jaxpr.invars, operands, kinds, strict=True):
        numbers[variable] = len(numbers)
        if kind is not None:
            folding.give(numbers[variable], operand, kind)
    for eqn in jaxpr.eqns:
        inputs = []
        for atom in eqn.invars:
            if isinstance(atom, jax.extend.core.Literal):
                numbers[id(atom)] = len(numbers)
                folding.give(numbers[id(atom)], np.asarray(atom.val, atom.aval.dtype))
                inputs.append(numbers[id(atom)])
            else:
                inputs.append(numbers[atom])
        for variable in eqn.outvars:
            numbers[variable] = len(numbers)
        folding.add(
            Equation(
                eqn.primitive,
                eqn.params,
                tuple(inputs),
                tuple(numbers[v] for v in eqn.outvars),
                tuple(a.aval.shape for a in eqn.invars),
                tuple(v.aval.shape for v in eqn.outvars),
                (),
                "",
            )
        )
    return folding, numbers[jaxpr.outvars[0]]


X = np.arange(4, dtype=np.int32)
F = np.array([0.5, -1.0, 0.0, 3.0], np.float32)


def test_what_follows_from_facts_is_a_fact():
    folding, number = folded(lambda x: jnp.flip(x * 2 + 1), X)
    np.testing.assert_array_equal(folding.get(number), [7, 5, 3, 1])
    where, value = folding.fact(number)
    assert where.all()
    np.testing.assert_array_equal(value, [7, 5, 3, 1])


def test_nothing_is_computed_before_it_is_asked_for(monkeypatch):
    calls = []
    evaluate = constants.evaluate
    monkeypatch.setattr(
        constants, "evaluate", lambda eq, xs: calls.append(eq.name) or evaluate(eq, xs)
    )
    folding, number = folded(lambda x: jnp.negative(x) * 3, X)
    assert calls == []
    folding.get(number)
    assert calls == ["neg", "mul"]
    folding.get(number)
    assert calls == ["neg", "mul"]


def test_values_keep_the_dtype_that_was_traced():
    folding, number = folded(lambda x: x - np.uint8(1), np.zeros(2, np.uint8))
    assert folding.get(number).dtype == np.uint8
    np.testing.assert_array_equal(folding.get(number), [255, 255])


def test_what_depends_on_an_input_has_no_value():
    folding, number = folded(lambda x, y: x + y, X, X, kinds=(Kind.FACT, None))
    assert folding.get(number) is None
    assert folding.fact(number) is None
    assert folding.candidates(number) == []


@pytest.mark.parametrize("kind", [Kind.WEIGHT, Kind.SETTING, Kind.STORED])
def test_stored_numbers_are_no_facts(kind):
    folding, number = folded(lambda x: -x, F, kinds=(kind,))
    assert folding.fact(number) is None
    assert (folding.get(number) is None) == (kind != Kind.STORED)


def test_a_comparison_of_stored_integers_is_a_fact():
    folding, number = folded(lambda x: x > 1, X, kinds=(Kind.STORED,))
    np.testing.assert_array_equal(folding.fact(number)[1], [False, False, True, True])


def test_a_weight_spoils_all_that_is_made_of_it():
    folding, number = folded(lambda x, w: (x * w > 1) & True, F, F, kinds=(Kind.FACT, Kind.WEIGHT))
    assert folding.get(number) is None


def test_random_numbers_are_never_known():
    folding, number = folded(lambda x: jax.random.bits(jax.random.key(0), (4,)) * 0 + x, X)
    assert folding.get(number) is None


def test_what_cannot_be_run_is_not_known():
    def f(x):
        return jax.pure_callback(_raises, jax.ShapeDtypeStruct((4,), np.int32), x) + 1

    folding, number = folded(f, X)
    assert folding.get(number) is None
    assert folding.get(number) is None  # and is not tried again


def _raises(x):
    raise RuntimeError("on its own this cannot run")


def test_a_long_chain_needs_no_recursion():
    def f(x):
        for _ in range(3000):
            x = x + 1
        return x

    folding, number = folded(f, np.int32(0))
    assert folding.get(number) == 3000


def test_a_decision_on_rounded_floats_has_candidates():
    third = np.float32(1 / 3)

    def f(x):
        return jnp.floor(jnp.exp(jnp.log(x * third * 9))).astype(jnp.int32)

    folding, number = folded(f, np.arange(1, 3, dtype=np.float32))
    found = folding.candidates(number)
    assert len(found) > 1
    assert {3, 2} <= {int(value[0]) for value in found}
    assert folding.get(number) is None  # nobody knows which


def test_a_decision_on_exact_floats_has_one_value():
    folding, number = folded(lambda x: jnp.floor(x * 0.5), np.arange(4, dtype=np.float32))
    (value,) = folding.candidates(number)
    np.testing.assert_array_equal(value, [0, 0, 1, 1])
