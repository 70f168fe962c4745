"""The command line in tests: our targets, what a run gave, its tables, and what it refused."""

import re
from pathlib import Path
from typing import NamedTuple

from jaxrf.cli.main import make_parser

__all__ = ["TARGETS", "Result", "advice_exists", "expanded", "refused", "unfolded"]

TARGETS = Path(__file__).parent / "targets.py"


class Result(NamedTuple):
    code: int
    out: str
    err: str


def expanded(arguments) -> list[str]:
    texts = map(str, arguments)
    return [f"{TARGETS}:{a[1:]}" if a.startswith("@") else a for a in texts]


def unfolded(table):
    """The cells of every row of a table, a name that was broken after a slash put together."""
    lines = table.splitlines()
    rule = next(n for n, line in enumerate(lines) if "\u2500" in line)
    rows = []
    for line in lines[rule + 1 :]:
        cells = line.split()
        if not cells:
            break
        if len(cells) == 1:
            rows[-1][0] += cells[0]
        else:
            rows.append(cells)
    return rows


def refused(result, *words):
    """One line that holds the words, nothing on standard output, exit code 2."""
    assert result.out == ""
    lines = [line for line in result.err.splitlines() if ": warning: " not in line]
    assert len(lines) == 1, result.err
    assert lines[0].startswith("jaxrf")
    assert "error: " in lines[0]
    assert result.code == 2
    missing = [w for w in words if w not in result.err]
    assert not missing, result.err
    advice_exists(result.err)


def advice_exists(message):
    """Every option that a message names is one of the command that says it."""
    command = re.match(r"jaxrf (\w+)", message)
    parsers = make_parser().commands
    if command is None or command[1] not in parsers:
        return
    known = set(parsers[command[1]].option_names)
    got = re.findall(r"got '[^']*'", message)  # what was typed may be anything
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", message):
        typed = any(option in text for text in got) or "unrecognized arguments" in message
        assert option in known or typed, f"{command[1]} has no {option}: {message}"
