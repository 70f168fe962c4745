"""The examples in the docstrings are executed."""

import doctest
import importlib
import pkgutil

import pytest

import jaxrf

MODULES = sorted(m.name for m in pkgutil.walk_packages(jaxrf.__path__, "jaxrf."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} does not say what it is for"
    result = doctest.testmod(module)
    assert result.failed == 0


def test_public_names_are_documented():
    for name in set(jaxrf.__all__) - {"__version__"}:
        assert getattr(jaxrf, name).__doc__, name
