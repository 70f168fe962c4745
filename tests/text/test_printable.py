"""Names as text, and text that any encoding has."""

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxrf.arguments.names import find_name
from jaxrf.errors import InvalidInput
from jaxrf.report.json import to_json
from jaxrf.text.printable import encodable, printable
from jaxrf.text.table import TextTable, plain_text

EVIL = "a\x1b[31mred\x1b]0;title\x07\r\n\x9b2J\u202e\u2028[bold]b[/] :100: $x^{ \\frac$"


def acts(text):
    """Characters that a terminal acts upon."""
    return [c for c in text if ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2028\u2029"]


@given(st.text())
def test_no_character_acts_and_a_second_time_nothing_changes(text):
    shown = printable(text)
    assert not acts(shown)
    assert printable(shown) == shown


def test_ordinary_text_stays():
    for text in ("block1/conv", "σ² ± 1", "größe", "层", "a\\b", "[red]x[/red]"):
        assert printable(text) == text
    assert printable("a\n\x1bb", keep="\n") == "a\n\\x1bb"


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp1252", "cp437", "utf-8", "no-such"]))
def test_every_text_can_be_encoded(text, encoding):
    encodable(text, encoding).encode("ascii" if encoding == "no-such" else encoding)


def test_a_table_has_each_name_once_and_in_one_line():
    table = TextTable(EVIL, ("end-point", EVIL), ((EVIL, "1"), (EVIL, "2")), (EVIL,))
    for text in (plain_text(table, width=200), table.markdown(), table.csv()):
        assert not acts(text.replace("\n", ""))
        assert "[bold]b[/] :100:" in text
    assert len(table.csv().splitlines()) == 3
    assert len(table.markdown().splitlines()) == 6


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_print_of_a_table_survives_an_old_terminal(encoding, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding))
    print(plain_text(TextTable("σ", ("σ²", "r"), (("ü", "1"),))), flush=True)
    lines = raw.getvalue().decode(encoding).splitlines()
    assert lines[0] == "sigma"
    assert set(lines[3].strip()) == {"-"}


def test_what_is_shown_can_be_typed():
    assert find_name(printable(EVIL), [EVIL, "b"], "end-point") == EVIL


def test_an_error_is_text():
    error = InvalidInput(f"got {EVIL}")
    assert not acts(str(error).replace("\n", ""))
    assert "[bold]" in str(error)
    assert str(InvalidInput("got σ, need ²")) == "got σ, need ²"


def test_json_has_names_as_they_are_and_shows_none_of_them():
    names = {EVIL + "\x7f": EVIL + "\x7f"}
    text = to_json(names)
    assert json.loads(text) == names
    assert not acts(text.replace("\n", ""))
    assert printable(text, keep="\n") == text
