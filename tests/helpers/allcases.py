"""The cases of all rules of theory: of the tables, and of tests that have cases of their own."""

from __future__ import annotations

import pytest

from tests.cases import TABLES
from tests.theory.rules import (
    test_elementwise,
    test_indexing,
    test_reductions,
    test_shapes,
    test_windows,
)

__all__ = ["CASES", "first_and_others"]

FILES = (test_elementwise, test_indexing, test_reductions, test_shapes, test_windows)
FAMILIES = {**TABLES, **{file.__name__.split(".")[-1]: file.CASES for file in FILES}}
CASES = [
    pytest.param(case, id=f"{name}: {case.name}")
    for name, cases in FAMILIES.items()
    for case in cases
]


def first_and_others(params: list) -> tuple[list, list]:
    """(the first case of every primitive, the others), of parameters that are cases."""
    seen: set[str] = set()
    first, others = [], []
    for param in params:
        covers = set(param.values[0].covers.split())
        (first if covers - seen else others).append(param)
        seen |= covers
    return first, others
