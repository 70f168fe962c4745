"""Every rule has a case; what has none is never guessed."""

import jax
import numpy as np
import pytest

from jaxrf.errors import NotExact
from jaxrf.theory.analyze import analyze
from jaxrf.theory.rules import THEORY
from tests.cases import TABLES
from tests.theory.rules import (
    test_elementwise,
    test_indexing,
    test_reductions,
    test_shapes,
    test_windows,
)

FILES = (test_elementwise, test_indexing, test_reductions, test_shapes, test_windows)
# Names of other versions of JAX, and what has no public function.
UNTESTED = set(
    """
    cholesky_update copy_p expand_dims geqp3 layout_constraint log2 one_minus_square orgqr
    random_gamma_grad reshard select_and_scatter
    """.split()
)


@jax.jit
def doubled(x):
    """Code outside JAX, inside a jitted function of its own."""
    return jax.pure_callback(lambda x: np.asarray(2 * x), jax.ShapeDtypeStruct(x.shape, x.dtype), x)


def beside(x):
    return doubled(x) + x


def until(x):
    """A loop whose length the data decide."""
    return jax.lax.while_loop(lambda c: c.sum() < 9, lambda c: c + x, x)


def test_every_rule_has_a_case():
    tables = (*TABLES.values(), *(file.CASES for file in FILES))
    covered = {name for cases in tables for case in cases for name in case.covers.split()}
    assert sorted(set(THEORY.rules) - covered - UNTESTED) == []


@pytest.mark.parametrize(("f", "op"), [(beside, "pure_callback"), (until, "while")])
def test_an_unknown_primitive_depends_on_everything_and_says_where(f, op):
    analysis = analyze(f, (1, 6, 2))
    assert analysis.support(at=(0,)).mask.all()
    (label,) = analysis.approximate
    assert label.startswith(op)
    assert "test_registry.py:" in label
    assert analysis.output.approximate == (label,)
    assert [node.op for node in analysis.graph if not node.exact] == [op]


def test_the_local_paths_beside_an_unknown_primitive_are_still_reported():
    output = analyze(beside, (1, 6, 2)).output
    assert (output.size, output.stride) == ((1,), (1,))


def test_strict_refuses_to_bound():
    with pytest.raises(
        NotExact, match=r"^no rule for pure_callback .*test_registry\.py:\d+.*strict"
    ):
        analyze(doubled, (1, 6, 2), strict=True)
