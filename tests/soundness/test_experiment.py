"""The experiment itself: what it finds, what it does not count, and that draws can be repeated."""

from __future__ import annotations

import numpy as np
import pytest
from soundness.draw import Program
from soundness.excuse import counts
from soundness.holding import minimal, simplified
from soundness.programs import draw_program
from soundness.truth import experiment

_LOWER = "jnp.tril(jnp.ones((4, 4), bool))"
_SCORES = "(x @ x.swapaxes(1, 2))[0]"


def program(*pieces: str) -> Program:
    return Program("by hand", (1, 4, 1), pieces, "by hand", False)


@pytest.mark.parametrize(
    ("pieces", "first"),  # what the first output reads
    [
        (("x = jnp.cumsum(x, 1)",), [0]),
        (("x = jnp.tril(w(1, (4, 4), 'float32')) @ x",), [0]),
        (("x = w(1, (4, 4), 'int8').astype(x.dtype) @ x",), [0, 1, 2, 3]),
        (("r = jax.new_ref(x)", "r[:, 0] = x[:, 2]", "x = r[...]"), [2]),
        (("b = [0]", "jax.debug.callback(lambda v: None, x)", "x = x[:, ::-1]"), [3]),
        ((f"m = jnp.where({_LOWER}, {_SCORES}, -jnp.inf)", "x = jax.nn.softmax(m, 1) @ x"), [0]),
        ((f"m = jnp.where({_LOWER}, {_SCORES}, 1e30)", "x = jnp.isfinite(m) @ x"), [0, 1, 2, 3]),
    ],
)
def test_what_is_found(pieces, first):
    truth = experiment(program(*pieces))
    assert np.flatnonzero(truth.pattern[0]).tolist() == first


def test_a_zero_times_what_overflows_does_not_count():
    overflows = program("x = (np.tril(np.ones((4, 4), 'float32')) * jnp.exp(30 * x[0, :, 0])) @ x")
    truth = experiment(overflows)
    assert truth.pattern[0, 3]  # 0 * inf is NaN
    assert not counts(overflows, truth, 0, 3)
    assert counts(overflows, truth, 3, 3)


def test_loops_and_branches_are_looked_into():
    step = "def g(t, x):\n    return lax.cond(t > 0, lambda x: x[:, ::-1], jnp.tanh, x)"
    turns = program(step, "x = lax.fori_loop(0, 2, g, x)", "x = lax.scan(lambda c, v: (c + v, c), "
                    "x[:, 0], x.swapaxes(0, 1), reverse=True)[1]")  # fmt: skip
    truth = experiment(turns)
    for output, element in np.argwhere(truth.pattern):
        assert counts(turns, truth, output, element)


def test_programs_are_drawn_again():
    again = [draw_program(3, 17) for _ in range(2)]
    assert again[0].source == again[1].source
    assert draw_program(3, 18).source != again[0].source


def test_a_failure_shrinks(monkeypatch):
    """To the lines that it needs."""
    from soundness import holding

    def fails(candidate):
        experiment(candidate)
        return holding.Verdict("missed: it" if "[:, ::-1]" in candidate.source else "")

    monkeypatch.setattr(holding, "hold", fails)
    long = program("y = x * 2", "x = x + y", "x = x[:, ::-1]", "x = jnp.tanh(x)")
    assert minimal(long).pieces == ("x = x[:, ::-1]",)


def test_the_flag_is_put_back():
    import jax

    before = getattr(jax.config, "jax_use_simplified_jaxpr_constants", None)
    with simplified(not before):
        pass
    assert getattr(jax.config, "jax_use_simplified_jaxpr_constants", None) == before
