"""Running the command line inside this process, and as a process of its own."""

import os
import signal
import subprocess
import sys

import jax
import matplotlib
import pytest
from jax.experimental.compilation_cache import compilation_cache

from jaxrf.cli.main import main
from tests.helpers.commands import Result, expanded
from tests.helpers.resumable import erf_command_in

matplotlib.use("Agg")


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


@pytest.fixture
def erf_command(tmp_path):
    """The command ``jaxrf erf`` on a fast and on a slow copy of one model."""
    return erf_command_in(tmp_path)
