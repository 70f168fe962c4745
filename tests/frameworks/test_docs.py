"""The examples of docs/frameworks.md run."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parent.parent.parent / "docs" / "frameworks.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
PACKAGES = [re.search(r"^(?:import|from) (\w+)", block)[1] for block in BLOCKS]


def test_every_framework_has_an_example():
    assert set(PACKAGES) == {"flax", "haiku", "equinox", "keras"}


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=lambda n: f"{PACKAGES[n]}{n}")
def test_example(number):
    pytest.importorskip(PACKAGES[number])
    assert "assert" in BLOCKS[number]
    exec(compile(BLOCKS[number], "frameworks.md", "exec"), {"__name__": "example"})
