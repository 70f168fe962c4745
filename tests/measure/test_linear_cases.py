"""Every rule of the positive linearisation against the oracle, element for element."""

import pytest
from linearcase import check

from jaxrf.measure.linear import RULES
from tests.cases import (
    algebra,
    compositions,
    contractions,
    control,
    elementwise,
    indexing,
    masks,
    sequences,
    windows,
)
from tests.trace.rules import (
    test_elementwise,
    test_indexing,
    test_reductions,
    test_shapes,
    test_windows,
)

FAMILIES = (
    *(algebra, compositions, contractions, control, elementwise, indexing, masks, sequences),
    windows,
    *(test_elementwise, test_indexing, test_reductions, test_shapes, test_windows),
)
CASES = [
    pytest.param(case, id=f"{family.__name__.split('.')[-1]}: {case.name}")
    for family in FAMILIES
    for case in family.CASES
]
# Retired names, names of one version only, what a mesh of one device never emits, what has no
# public function.
UNTESTED = set(
    """
    cholesky_update copy_p expand_dims geqp3 layout_constraint log2 one_minus_square orgqr
    pbroadcast pmax pmin psum psum_invariant pvary random_gamma_grad reduced_vary_cast
    reduced_vary_cast_p reshard select_and_scatter vary_unreduced_cast vary_unreduced_cast_p
    """.split()
)


@pytest.mark.parametrize("case", CASES)
def test_it_is_open_exactly_where_the_function_depends(case):
    check(case)


def test_every_rule_has_a_case():
    covered = {name for case in CASES for name in case.values[0].covers.split()}
    assert sorted(set(RULES) - covered - UNTESTED) == []
