"""The examples of docs/frameworks.md run."""

import re
from pathlib import Path

import pytest

from jaxrf.frameworks import adapt

TEXT = (Path(__file__).parent.parent.parent / "docs" / "frameworks.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
PACKAGES = [re.search(r"^(?:import|from) (\w+)", block)[1] for block in BLOCKS]


# Those with a page of their own.
ELSEWHERE = {"onnx", "torch"}


def test_every_framework_has_an_example():
    known = {package.split(".")[0] for package, _, _ in adapt._FRAMEWORKS}
    assert set(PACKAGES) == known - ELSEWHERE


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=lambda n: f"{PACKAGES[n]}{n}")
def test_example(number):
    pytest.importorskip(PACKAGES[number])
    assert "assert" in BLOCKS[number]
    exec(compile(BLOCKS[number], "frameworks.md", "exec"), {"__name__": "example"})
