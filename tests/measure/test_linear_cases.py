"""Every rule of the positive linearisation against the oracle, element for element."""

import pytest
from linearcase import check

from tests.cases import algebra, compositions, contractions, indexing, masks, sequences, windows

FAMILIES = (algebra, compositions, contractions, indexing, masks, sequences, windows)
CASES = [
    pytest.param(case, id=f"{family.__name__.split('.')[-1]}: {case.name}")
    for family in FAMILIES
    for case in family.CASES
]


@pytest.mark.parametrize("case", CASES)
def test_it_is_open_exactly_where_the_function_depends(case):
    check(case)
