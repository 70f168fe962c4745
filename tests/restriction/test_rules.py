"""Restricted = whole, for every rule case of theory: drawn boxes, values and gradients.

Covers: restriction.bounds, restriction.calls, restriction.execute, restriction.rules.*,
restriction.site.
"""

import pytest

from tests.cases import TABLES
from tests.helpers.cutcase import check
from tests.theory.rules import (
    test_elementwise,
    test_indexing,
    test_reductions,
    test_shapes,
    test_windows,
)

FILES = (test_elementwise, test_indexing, test_reductions, test_shapes, test_windows)
FAMILIES = {**TABLES, **{file.__name__.split(".")[-1]: file.CASES for file in FILES}}
SIGNS = "the angle of zero times anything"  # a sum of fewer zeros may be -0.0
ALL = [
    pytest.param(case, id=f"{family}: {case.name}")
    for family, cases in FAMILIES.items()
    for case in cases
    if case.name != SIGNS
]


seen: set[str] = set()
FIRST, OTHERS = [], []  # the first case of every primitive, and the others; some always run
for param in ALL:
    (FIRST if set(param.values[0].covers.split()) - seen else OTHERS).append(param)
    seen.update(param.values[0].covers.split())


def checked(case):
    check(case.f, case.shape, boxes=1, tolerance=1e-3 if case.tolerance else 1e-4)


@pytest.mark.parametrize("case", FIRST[::2])
def test_a_box_equals_the_same_box_of_the_whole(case):
    checked(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", FIRST + OTHERS)
def test_a_box_equals_the_same_box_of_the_whole_in_all_cases(case):
    checked(case)
