"""The examples in the docstrings are executed."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import jaxrf

OPTIONAL = {"equinox", "haiku", "keras", "torch"}  # what a user may have, and this machine may not
MODULES = sorted(m.name for m in pkgutil.walk_packages(jaxrf.__path__, "jaxrf."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"needs {error.name}")
    assert module.__doc__, f"{name} does not say what it is for"
    result = doctest.testmod(module)
    assert result.failed == 0


def test_public_names_are_documented():
    for name in set(jaxrf.__all__) - {"__version__"}:
        assert getattr(jaxrf, name).__doc__, name


def test_every_public_name_is_on_the_page():
    page = (Path(__file__).parent.parent / "docs" / "api.md").read_text()
    missing = [n for n in jaxrf.__all__ if not re.search(rf"`{n}\b", page)]
    assert missing == []
