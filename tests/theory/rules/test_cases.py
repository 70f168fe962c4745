"""The theory against the oracle, over the tables that the linearisation is held to as well.

Covers: theory.rules.*.
"""

import pytest

from tests.cases import TABLES
from tests.helpers.rulecase import Case, Excess, check, params

CASES = [case for name, cases in TABLES.items() for case in params(cases, f"{name}: ")]


@pytest.mark.parametrize("case", CASES)
def test_support_equals_the_oracle(case):
    check(case)


def test_a_case_that_is_exact_by_now_is_noticed():
    (exact,) = params([Case("exact", lambda x: x, (3,), "", over="not so")])
    check(exact.values[0])  # raises nothing, so that its mark fails the test
    assert exact.marks[0].kwargs == {"strict": True, "raises": Excess, "reason": "not so"}
