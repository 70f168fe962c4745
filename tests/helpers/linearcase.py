"""The check that the positive linearisation and the oracle agree on every output of a case."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from jaxrf.measure.linearization import LINEAR
from jaxrf.measure.linearization.linearize import linearize
from jaxrf.program.trace import trace
from tests.helpers.rulecase import Case

__all__ = ["check", "check_signs", "jacobian", "linearised"]


def linearised(f: Callable, shape: tuple[int, ...], *, signs: bool = False) -> Callable:
    """The linearisation of a function, to be called in float64; by signs in float32."""
    traced = trace(f, shape)
    network = linearize(traced.program, [traced.endpoints[traced.output]], signs=signs)
    return lambda x: network(x)[0]


def jacobian(f: Callable, shape: tuple[int, ...]) -> np.ndarray:
    """[*output, *input], through vjp like the measurement itself."""
    network = linearised(f, shape)  # traced as models are, in their own precision
    with jax.enable_x64(True):
        return np.asarray(jax.jit(jax.jacrev(network))(jnp.zeros(shape)))


def check_signs(case: Case) -> None:
    """By signs in float32, as supports are measured: open exactly where the function depends."""
    network = linearised(case.f, case.shape, signs=True)
    table = np.asarray(jax.jit(jax.jacrev(network))(jnp.zeros(case.shape)))
    pattern = case.pattern()
    if case.loose:
        assert not (pattern & (table == 0)).any()
    else:
        np.testing.assert_array_equal(table > 0, pattern)


def check(case: Case) -> None:
    """Never negative, never growing, and open exactly where the function depends."""
    program = trace(case.f, case.shape).program
    names = {eq.name for eq in program.equations if not program.dependent.isdisjoint(eq.outputs)}
    assert set(case.covers.split()) <= names & set(LINEAR.rules)
    table = jacobian(case.f, case.shape)
    pattern = case.pattern()
    assert table.shape == pattern.shape
    assert (table >= 0).all()
    outputs = table.shape[: table.ndim - len(case.shape)]
    assert table.reshape(*outputs, -1).sum(-1).max() <= 1 + 1e-9
    if case.loose:
        assert not (pattern & (table == 0)).any()
        assert (table > 0).sum() > pattern.sum(), "exact by now"
    else:
        np.testing.assert_array_equal(table > 0, pattern)
