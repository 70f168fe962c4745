"""docs/ci.md: its commands are understood, its table is complete, its tests pass as they stand.

Covers: testing.
"""

import re
import shlex
import sys
from pathlib import Path

import pytest

from jaxrf.cli.main import make_parser
from jaxrf.expect.expectations import NAMES
from jaxrf.testing import assert_baseline

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text()


def commands() -> list[str]:
    lines = [line for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) for line in
             block.splitlines()]  # fmt: skip
    (step,) = re.findall(r"- run: >\n\s+(jaxrf .*?)^```", PAGE, re.M | re.S)
    return [*lines, " ".join(step.split())]


@pytest.mark.parametrize("command", commands())
def test_commands_are_understood(command):
    words = shlex.split(command, comments=True)
    assert words[0] == "jaxrf"
    options = make_parser().parse_args(words[1:])
    assert options.expect or options.baseline


def test_every_name_stands_in_the_table():
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert set(NAMES) <= set(re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in rows)))


def test_the_tests_of_the_page_pass(tmp_path, monkeypatch):
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    (tmp_path / "model.py").write_text("from jaxrf.examples.resnet50_plain import resnet50 as net")
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "model", raising=False)
    names: dict = {}
    exec(compile(code, "ci.md", "exec"), names)
    assert_baseline(names["net"], (1, 224, 224, 3), file="tests/rf.json", update=True)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert len(tests) == 3
    for test in tests:
        test()
    monkeypatch.delitem(sys.modules, "model")
