"""Restricted = whole, for every rule case of theory: drawn boxes, values and gradients.

Covers: restriction.bounds, restriction.calls, restriction.execute, restriction.rules.*,
restriction.site.
"""

import pytest

from tests.cases import TABLES
from tests.helpers.cutcase import check

CASES = [
    pytest.param(case, id=f"{table} {case.name}")
    for table, cases in TABLES.items()
    for case in cases
]


@pytest.mark.parametrize("case", CASES)
def test_a_box_equals_the_same_box_of_the_whole(case):
    check(case.f, case.shape, boxes=2, tolerance=1e-3 if case.tolerance else 1e-4)
