"""Slices of a flat program, against reachability that is computed path by path."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrf.program import slices
from jaxrf.program.equation import Equation
from jaxrf.program.trace import trace


def equation(inputs, outputs):
    shapes = ((),) * len(inputs), ((),) * len(outputs)
    return Equation(jax.lax.add_p, {}, tuple(inputs), tuple(outputs), *shapes, (), "")


# 0 and 1 are given; 7 is read by nobody; the last equation has two results.
EQUATIONS = [
    equation((0,), (2,)),
    equation((1,), (3,)),
    equation((2, 3), (4,)),
    equation((0, 0), (5,)),
    equation((5,), (7,)),
    equation((4, 5), (6, 8)),
]


def drawn(seed: int) -> list[Equation]:
    """Equations that read random earlier values, some of them twice."""
    rng = np.random.default_rng(seed)
    made, found = 3, []
    for _ in range(12):
        inputs = rng.integers(made, size=rng.integers(1, 4))
        outputs = range(made, made + rng.integers(1, 3))
        found.append(equation(inputs.tolist(), outputs))
        made = outputs.stop
    return found


def paths(equations) -> dict[int, set[int]]:
    """Value -> all that it is computed from, itself included, by recursion over its operands."""
    made = {i: eq for eq in equations for i in eq.outputs}

    def sources(number: int) -> set[int]:
        inputs = made[number].inputs if number in made else ()
        return {number}.union(*map(sources, inputs))

    numbers = {i for eq in equations for i in (*eq.inputs, *eq.outputs)}
    return {number: sources(number) for number in numbers}


def test_forward():
    assert slices.forward_slice(EQUATIONS, [1]) == {1, 3, 4, 6, 8}
    assert slices.forward_slice(EQUATIONS, [5, 2]) == {2, 4, 5, 6, 7, 8}
    assert slices.forward_slice(EQUATIONS, []) == set()


def test_backward():
    assert slices.backward_slice(EQUATIONS, [4]) == EQUATIONS[:3]
    assert slices.backward_slice(EQUATIONS, [8]) == [*EQUATIONS[:4], EQUATIONS[5]]
    assert slices.backward_slice(EQUATIONS, [0]) == []


def test_last_uses():
    assert slices.last_uses(EQUATIONS, [6]) == [(), (1,), (2, 3), (0,), (), (4, 5)]
    assert slices.last_uses(EQUATIONS, [6, 4]) == [(), (1,), (2, 3), (0,), (), (5,)]


def test_what_is_read_beside_operands_is_kept_for_it():
    def also(eq):
        return (2,) if eq is EQUATIONS[-1] else ()

    assert slices.last_uses(EQUATIONS, [6], also) == [(), (1,), (3,), (0,), (), (4, 5, 2)]


def test_reading():
    assert slices.reading(EQUATIONS, {3, 5}) == [EQUATIONS[2], EQUATIONS[4], EQUATIONS[5]]
    assert slices.reads(EQUATIONS[0], {0})
    assert not slices.reads(EQUATIONS[0], {2})


@pytest.mark.parametrize("seed", range(20))
def test_slices_are_the_ends_of_paths(seed):
    equations = drawn(seed)
    sources = paths(equations)
    for number in range(3):
        expected = {n for n, found in sources.items() if number in found} | {number}
        assert slices.forward_slice(equations, [number]) == expected
    for eq in equations:
        for number in eq.outputs:
            expected = [e for e in equations if sources[number] & set(e.outputs)]
            assert slices.backward_slice(equations, [number]) == expected


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_read_after_its_last_use(seed):
    equations = drawn(seed)
    kept = equations[-1].outputs
    gone: set[int] = set()
    for eq, last in zip(equations, slices.last_uses(equations, kept), strict=True):
        assert gone.isdisjoint(eq.inputs)
        assert set(last) <= set(eq.inputs)
        gone.update(last)
    read = {i for eq in equations for i in eq.inputs}
    assert gone == read - set(kept)


def test_of_a_traced_program():
    def f(x):
        unused = jnp.cos(x)
        return jnp.tanh(x) + jnp.exp(jnp.ones(3)), unused

    program = trace(f, (1, 3, 1)).program
    first, second = program.outputs
    names = [eq.name for eq in slices.backward_slice(program.equations, [second])]
    assert names == ["cos"]
    assert first in program.dependent
    assert slices.forward_slice(program.equations, program.inputs) == program.dependent
