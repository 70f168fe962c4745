"""Every rule of the positive linearisation against the oracle, element for element.

Covers: measure.linearization.*.
"""

import pytest

from jaxrf.measure.linearization import LINEAR
from tests.helpers.allcases import CASES, first_and_others
from tests.helpers.linearcase import check, check_signs

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


FIRST, OTHERS = first_and_others(CASES)  # some of the first always run


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
