"""Parameters of a test, the costly ones of which only run with ``-m slow``."""

from collections.abc import Collection, Iterable

import pytest


def some_slow(values: Iterable, slow: Collection) -> list:
    """The values, those in ``slow`` marked; the others always run."""
    return [pytest.param(v, marks=pytest.mark.slow) if v in slow else v for v in values]
