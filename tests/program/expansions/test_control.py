"""Control flow is written out: as many equations as it runs, and exactly its dependencies.

Covers: program.expansions.branches, program.expansions.loops, program.expansions.mapped,
program.expansions.stacks.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf.program import compat
from jaxrf.program.expansions import loops
from jaxrf.program.trace import trace
from jaxrf.theory.analyze import analyze


def touched(f, at=0, shape=(1, 4, 1)):
    return np.flatnonzero(analyze(f, shape).support(at=(at,)).mask).tolist()


def names(f, shape=(1, 4, 1)):
    return [equation.name for equation in trace(f, shape).program.equations]


def running(x, reverse=False, length=None):
    """Sums so far along the first spatial axis."""

    def step(state, row):
        state = state + row
        return state, state

    rows = x.swapaxes(0, 1)[:length]
    return lax.scan(step, jnp.zeros_like(x[:, 0]), rows, reverse=reverse)[1].swapaxes(0, 1)


def test_a_scan_forwards_and_backwards():
    assert [touched(running, n) for n in range(4)] == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]
    backwards = [touched(lambda x: running(x, True), n) for n in range(4)]
    assert backwards == [[0, 1, 2, 3], [1, 2, 3], [2, 3], [3]]
    assert names(running).count("add") == 4
    assert "scan" not in names(running)


def test_a_scan_of_no_steps_leaves_its_carry():
    def f(x):
        last, states = lax.scan(lambda c, row: (c * 2, c), x, jnp.zeros((0, 3)))
        return jnp.concatenate([last, states.sum(0)], 1)

    assert [touched(f, n) for n in range(4)] == [[0], [1], [2], [3]]
    assert "scan" not in names(f)
    assert "mul" not in names(f)


def test_a_scan_without_a_carry():
    def f(x):
        return lax.scan(lambda _, row: (None, row[::-1]), None, x)[1]

    assert [touched(f, n, (2, 4, 1)) for n in range(4)] == [[3], [2], [1], [0]]


def test_a_scan_that_returns_nothing_but_its_carry():
    f = lambda x: lax.scan(lambda c, _: (jnp.roll(c, 1, 1), None), x, None, length=3)[0]  # noqa: E731
    assert [touched(f, n) for n in range(4)] == [[1], [2], [3], [0]]


def test_a_while_loop_of_known_length():
    def f(x):
        turn = lambda state: (state[0] + 2, jnp.roll(state[1], 1, 1))  # noqa: E731
        return lax.while_loop(lambda state: state[0] < 5, turn, (0, x))[1]  # three turns

    assert [touched(f, n) for n in range(4)] == [[1], [2], [3], [0]]


def test_a_while_loop_that_never_turns():
    def f(x):
        turn = lambda state: (state[0], state[1] + state[1].sum())  # noqa: E731
        return lax.while_loop(lambda state: state[0] > 5, turn, (0, x))[1]

    assert [touched(f, n) for n in range(4)] == [[0], [1], [2], [3]]


def test_a_condition_that_is_known_has_one_branch():
    def f(x, which):
        return lax.cond(jnp.arange(3)[which] > 0, lambda x: x * 2, lambda x: jnp.flip(x, 1), x)

    assert touched(lambda x: f(x, 1)) == [0]
    assert touched(lambda x: f(x, 0)) == [3]
    assert not {"cond", "select_n"} & set(names(lambda x: f(x, 0)))


def test_a_condition_that_is_not_known_has_all_and_its_own():
    def f(x):
        return lax.cond(x[0, 1, 0] > 0, lambda x: x * 2, lambda x: jnp.flip(x, 1), x)

    assert [touched(f, n) for n in range(4)] == [[0, 1, 3], [1, 2], [1, 2], [0, 1, 3]]


@pytest.mark.parametrize("which", [-4, 0, 1, 2, 9])
def test_a_switch_clamps_its_index(which):
    shifts = [0, 1, 2]

    def f(x):
        index = jnp.array([which])[0]
        return lax.switch(index, [lambda x, n=n: jnp.roll(x, n, 1) for n in shifts], x)

    expected = shifts[int(np.clip(which, 0, 2))]
    assert [touched(f, n) for n in range(4)] == [[(n - expected) % 4] for n in range(4)]


def test_stack_and_unstack():
    def f(x):
        return jnp.stack(jnp.unstack(x, axis=1)[::-1], 1)

    assert [touched(f, n) for n in range(4)] == [[3], [2], [1], [0]]
    assert not {"stack", "unstack"} & set(names(f))


def test_loops_that_would_become_too_long_stay_and_say_so(monkeypatch):
    def counted(x):
        turn = lambda s: (s[0] + 1, s[1] + 1)  # noqa: E731
        return lax.while_loop(lambda s: s[0] < 9, turn, (0, x))[1]

    for f, op in ((running, "scan"), (counted, "while")):
        assert analyze(f, (1, 4, 1)).approximate == ()
        monkeypatch.setattr(loops, "LONGEST", 6)
        analysis = analyze(f, (1, 4, 1))
        (label,) = analysis.approximate
        assert label.startswith(op)
        assert "test_control.py:" in label
        assert analysis.support(at=(0,)).mask.all()
        monkeypatch.undo()


def test_what_a_loop_reads_beside_its_carry_counts():
    def f(x):
        return lax.fori_loop(0, 2, lambda n, c: c + x[:, 3:], x)

    assert touched(f) == [0, 3]


def test_written_out_programs_can_be_run():
    f = jax.jit(lambda x: running(x, True) + lax.cond(x[0, 0, 0] > 0, jnp.cos, jnp.sin, x))
    program = trace(f, (1, 4, 1)).program
    x = jnp.arange(4.0).reshape(1, 4, 1) - 1
    values = {**program.constants, program.inputs[0]: x}
    for equation in program.equations:
        operands = [values[i] for i in equation.inputs]
        values.update(zip(equation.outputs, compat.bind(equation, *operands), strict=True))
    np.testing.assert_allclose(values[program.outputs[0]], f(x), rtol=1e-6)
