"""The one file that says what every result was made from, written by several at once."""

import json
import subprocess
import sys

import pytest

from jaxrf.errors import InvalidInput
from jaxrf.experiments.record import enter, entries

WRITER = """
import sys
from pathlib import Path
from jaxrf.experiments.record import enter
for n in range(20):
    enter(Path(sys.argv[1]), f"{sys.argv[2]}{n}", {"by": sys.argv[2]})
"""


def test_processes_at_once_lose_no_entry(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, name]) for name in "abc"]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    assert entries(tmp_path) == {f"{by}{n}": {"by": by} for by in "abc" for n in range(20)}
    assert [file.name for file in tmp_path.iterdir()] == ["provenance.json"]


def test_an_entry_replaces_that_of_its_own_name(tmp_path):
    assert entries(tmp_path) == {}
    enter(tmp_path, "b", {"x": 1})
    enter(tmp_path, "a", {"x": 2})
    enter(tmp_path, "b", {"x": 3})
    text = (tmp_path / "provenance.json").read_text()
    assert json.loads(text) == {"a": {"x": 2}, "b": {"x": 3}}
    assert text.index('"a"') < text.index('"b"')


def test_a_damaged_file_is_told_and_kept(tmp_path):
    (tmp_path / "provenance.json").write_text("<<<<<<< ours\n{}")
    with pytest.raises(InvalidInput, match="mend it"):
        enter(tmp_path, "a", {})
    assert (tmp_path / "provenance.json").read_text().startswith("<<<<<<<")
