"""Every rule has a case; what has none is never guessed."""

import jax
import jax.numpy as jnp
import pytest

from jaxrf.analysis import analyze
from jaxrf.errors import NotExact
from jaxrf.trace.rules import RULES
from tests.trace.rules import (
    test_elementwise,
    test_indexing,
    test_reductions,
    test_shapes,
    test_windows,
)

FILES = (test_elementwise, test_indexing, test_reductions, test_shapes, test_windows)
# Primitives that JAX no longer emits under these names.
RETIRED = {"copy_p", "expand_dims"}


def test_every_rule_has_a_case():
    covered = {name for file in FILES for case in file.CASES for name in case.covers.split()}
    assert set(RULES) - covered - RETIRED == set()


def test_an_unknown_primitive_depends_on_everything_and_says_where():
    analysis = analyze(lambda x: jnp.cumsum(x, 1) + x, (1, 6, 2))
    assert analysis.support(at=(0,)).mask.all()
    (label,) = analysis.approximate
    assert label.startswith("cumsum")
    assert "test_registry.py:" in label  # though jax.numpy wraps it in a jitted function of its own
    assert analysis.output.approximate == (label,)
    assert [node.op for node in analysis.traced.graph.graph if not node.exact] == ["cumsum"]


def test_the_local_paths_beside_an_unknown_primitive_are_still_reported():
    analysis = analyze(lambda x: jnp.cumsum(x, 1) + x, (1, 6, 2))
    assert (analysis.output.size, analysis.output.stride) == ((1,), (1,))


def test_strict_refuses_to_bound():
    with pytest.raises(NotExact, match=r"^no rule for cumsum .*test_registry\.py:\d+.*strict"):
        analyze(lambda x: jnp.cumsum(x, 1), (1, 6, 2), strict=True)


def test_control_flow_is_unknown_but_never_lost():
    def looping(x):
        return jax.lax.fori_loop(0, 3, lambda i, c: c + x, x)

    analysis = analyze(looping, (1, 4, 1))
    assert analysis.support().mask.all()
    assert analysis.approximate
