"""Restricted = whole, for every rule case of theory: drawn boxes, values and gradients.

Covers: restriction.bounds, restriction.calls, restriction.execute, restriction.rules.*,
restriction.site.
"""

import pytest

from tests.helpers.allcases import CASES, first_and_others
from tests.helpers.cutcase import check

SIGNS = "the angle of zero times anything"  # a sum of fewer zeros may be -0.0
ALL = [param for param in CASES if param.values[0].name != SIGNS]


FIRST, OTHERS = first_and_others(ALL)  # some of the first always run


def checked(case):
    check(case.f, case.shape, boxes=1, tolerance=1e-3 if case.tolerance else 1e-4)


@pytest.mark.parametrize("case", FIRST[::2])
def test_a_box_equals_the_same_box_of_the_whole(case):
    checked(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", FIRST + OTHERS)
def test_a_box_equals_the_same_box_of_the_whole_in_all_cases(case):
    checked(case)
