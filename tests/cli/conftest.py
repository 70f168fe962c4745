"""Running the command line inside this process, and as a process of its own."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import jax
import matplotlib
import pytest
from jax.experimental.compilation_cache import compilation_cache

from jaxrf.cli.main import main, make_parser

matplotlib.use("Agg")
TARGETS = Path(__file__).parent / "targets.py"


class Result(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="package", autouse=True)
def compiled_once(tmp_path_factory):
    """A command compiles afresh, as a process would; here what it compiles is kept on disk."""
    if jax.config.jax_compilation_cache_dir:  # scripts/test has one for all tests
        yield
        return
    options = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("compiled")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in options}
    for name, value in options.items():
        jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


@pytest.fixture
def jaxrf(capsys, monkeypatch, tmp_path):
    """``jaxrf("field", ...)`` runs a command in an empty folder; ``@name`` is a target of ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])

    def run(*arguments) -> Result:
        capsys.readouterr()
        try:
            code = main(expanded(arguments))
        except SystemExit as exit:
            code = exit.code
        return Result(code, *capsys.readouterr())

    return run


@pytest.fixture
def process(tmp_path):
    """``process("field", ...)`` starts ``jaxrf`` as a process of its own in an empty folder."""
    started = []

    def start(*arguments, **options) -> subprocess.Popen:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, "-m", "jaxrf.cli.main", *expanded(arguments)]
        environment = {**os.environ, **options.pop("env", {})}
        # A test run in the background ignores SIGINT, and its children would inherit that.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        started.append(
            subprocess.Popen(command, cwd=tmp_path, env=environment, **{**pipes, **options})
        )
        signal.signal(signal.SIGINT, before)
        return started[-1]

    yield start
    for child in started:
        child.kill()
        child.communicate()


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
