"""Every rule of the positive linearisation against the oracle, element for element.

Covers: measure.linearization.*.
"""

import pytest

from jaxrf.measure.linearization import LINEAR
from tests.cases import TABLES
from tests.helpers.linearcase import check, check_signs
from tests.theory.rules import (
    test_elementwise,
    test_indexing,
    test_reductions,
    test_shapes,
    test_windows,
)

FILES = (test_elementwise, test_indexing, test_reductions, test_shapes, test_windows)
FAMILIES = {**TABLES, **{file.__name__.split(".")[-1]: file.CASES for file in FILES}}
CASES = [
    pytest.param(case, id=f"{name}: {case.name}")
    for name, cases in FAMILIES.items()
    for case in cases
]
# Retired names, names of one version only, what has no public function.
UNTESTED = set(
    """
    cholesky_update copy_p expand_dims geqp3 layout_constraint log2 one_minus_square orgqr
    random_gamma_grad reshard select_and_scatter
    """.split()
)


@pytest.mark.parametrize("case", CASES)
def test_it_is_open_exactly_where_the_function_depends(case):
    check(case)


seen: set[str] = set()
FIRST, OTHERS = [], []  # the first case of every primitive, and the others; some always run
for param in CASES:
    (FIRST if set(param.values[0].covers.split()) - seen else OTHERS).append(param)
    seen.update(param.values[0].covers.split())


@pytest.mark.parametrize("case", FIRST[::3])
def test_signs_are_open_exactly_where_the_function_depends(case):
    check_signs(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", FIRST + OTHERS)
def test_signs_are_open_there_in_all_cases(case):
    check_signs(case)


def test_every_rule_has_a_case():
    covered = {name for case in CASES for name in case.values[0].covers.split()}
    assert sorted(set(LINEAR.rules) - covered - UNTESTED) == []
