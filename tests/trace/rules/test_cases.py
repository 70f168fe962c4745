"""The theory against the oracle, over the tables that the linearisation is held to as well."""

import pytest
from rulecase import check

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

TABLES = (
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
CASES = [
    pytest.param(case, id=f"{table.__name__.split('.')[-1]}: {case.name}")
    for table in TABLES
    for case in table.CASES
]


@pytest.mark.parametrize("case", CASES)
def test_support_equals_the_oracle(case):
    check(case)
