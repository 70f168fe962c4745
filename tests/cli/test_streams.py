"""Standard output and standard error of real processes: encodings, pipes, what a model prints."""

import json
import os
import subprocess
import sys

import pytest

from tests.helpers.slow import some_slow

MODEL = """
import atexit, os, sys
import jax
import jax.numpy as jnp
from jax import lax

print("PRINTED at import")
os.write(1, b"PRINTED below Python\\n")
os.system("echo PRINTED by a process")
sys.__stdout__ and sys.__stdout__.write("PRINTED past the redirection\\n")
atexit.register(lambda: print("PRINTED at exit"))


class Net:
    def init(self, key, x):
        print("PRINTED when initialised")
        return {"w": jax.random.normal(key, (3, 1, 1))}

    def apply(self, variables, x):
        print("PRINTED when traced")
        jax.debug.callback(lambda: print("PRINTED when run"))
        y = lax.conv_general_dilated(
            x, variables["w"], (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
        )
        return {"a\\x1b[31m\\n": y, "größe σ 层": jnp.tanh(y)}


def build():
    print("PRINTED when built")
    return Net()


def refuses(x):
    raise ValueError("\\x1b[31mred σ 层\\nsecond line")


def leaves(x):
    raise SystemExit(0)
"""
LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
SHAPE = ("--shape", "1,12,1")
NET = ("model.py:build", "--factory", *SHAPE)
COMMANDS = {
    "field": ("field", *NET),
    "support": ("support", *NET),
    "erf": ("erf", *NET, "--samples", "2"),
    "everywhere": ("erf", *NET, "--samples", "2", "--everywhere"),
    "predict": ("predict", *NET),
    "compare": ("compare", *NET, "--samples", "2"),
}


@pytest.fixture
def run(tmp_path):
    """``run("field", ..., env=...)`` -> (exit code, bytes of stdout, bytes of stderr)."""
    (tmp_path / "model.py").write_text(MODEL, "utf-8")
    quiet = [line for line in MODEL.splitlines(keepends=True) if "PRINTED" not in line]
    (tmp_path / "quiet.py").write_text("".join(quiet), "utf-8")

    def start(*arguments, env=None, shell=None, limit=None):
        command = [sys.executable, "-m", "jaxrf.cli.main", *map(str, arguments)]
        if limit is not None:  # of the size of files, bytes
            command = [sys.executable, "-c", LIMITED.format(limit), *command[1:]]
        if shell is not None:
            command = ["bash", "-c", f'"$@" {shell}', "bash", *command]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, **(env or {})},
            capture_output=True,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    return start


@pytest.mark.parametrize("name", some_slow(COMMANDS, set(COMMANDS) - {"field", "erf"}))
def test_json_stays_json_whatever_a_model_prints(name, run):
    code, out, err = run(*COMMANDS[name], "-f", "json")
    assert code == 0, err
    json.loads(out)
    for moment in ("at import", "below Python", "by a process", "past the redirection"):
        assert f"PRINTED {moment}".encode() in err
    assert b"PRINTED when built" in err
    assert b"PRINTED at exit" in err


ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("encoding", some_slow(ENCODINGS, {"latin-1", "C"}))
@pytest.mark.parametrize("form", ["table", "csv", "markdown", "json"])
def test_a_terminal_of_another_encoding(encoding, form, run):
    code, out, err = run("field", *NET, "-f", form, env=ENCODINGS[encoding])
    assert code == 0
    assert b"Traceback" not in err
    text = out.decode({"C": "ascii"}.get(encoding, encoding))
    assert "\x1b" not in text
    assert "sigma" in text or "\\u03c3" in text
    assert "\\u5c42" in text


@pytest.mark.parametrize("encoding", some_slow(ENCODINGS, set(ENCODINGS) - {"ascii"}))
def test_a_mistake_on_a_terminal_of_another_encoding(encoding, run):
    for target in ("model.py:refuses", "model.py:größe", "größe.py:σ", "zoo:层"):
        code, out, err = run("field", target, *SHAPE, env=ENCODINGS[encoding])
        assert (code, out) == (2, b"")
        assert b"Traceback" not in err
        assert b"\x1b" not in err
        assert err.splitlines()[-1 - (b"at exit" in err)].startswith(b"jaxrf field: error: ")


@pytest.mark.parametrize("encoding", some_slow(ENCODINGS, set(ENCODINGS) - {"ascii"}))
def test_files_are_utf8_in_every_locale(encoding, run, tmp_path):
    assert run("field", *NET, "-o", "x.md", env=ENCODINGS[encoding])[0] == 0
    text = (tmp_path / "x.md").read_text("utf-8")
    assert "größe σ 层" in text
    assert "\x1b" not in text


def test_a_pipe_that_nobody_reads_does_not_hide_a_failed_check(run):
    code, _, err = run("field", *NET, "--expect", "size=9", shell="| true; exit ${PIPESTATUS[0]}")
    assert code == 1
    assert b"expected size 9, got 3" in err
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err
    assert run("field", *NET, shell="| true; exit ${PIPESTATUS[0]}")[0] == 0


def test_both_streams_into_a_pipe_that_nobody_reads(run, tmp_path):
    shell = "2>&1 | true; exit ${PIPESTATUS[0]}"
    erf = ("erf", "quiet.py:build", *COMMANDS["erf"][2:])
    assert run(*erf, "-o", "x.npz", shell=shell)[0] == 0
    assert (tmp_path / "x.npz").exists()
    assert run("field", "quiet.py:none", *SHAPE, shell=shell)[0] == 2


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(closed, run, tmp_path):
    code, out, err = run(*COMMANDS["erf"], "-f", "json", "-o", "x.npz", shell=closed)
    assert code == 0
    assert b"Traceback" not in err
    if closed[:3] != ">&-" and "<" not in closed:
        json.loads(out)
    assert (tmp_path / "x.npz").read_bytes()[:2] == b"PK"  # nothing was printed into it
    assert run("field", "model.py:none", *SHAPE, shell=closed)[0] == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device")
def test_standard_output_that_is_full(run):
    code, _, err = run("field", *NET, shell="> /dev/full")
    assert code == 2
    assert b"No space left on device" in err
    assert b"Exception ignored" not in err


def test_a_device_stays_a_device(run):
    assert run("field", *NET, "-f", "json", "-o", os.devnull)[0] == 0
    assert not os.path.isfile(os.devnull)


FILES = {
    "x.json": ("field", *NET),
    "x.npz": COMMANDS["support"],
    "y.npz": COMMANDS["predict"],
    "x.png": COMMANDS["compare"],
}


@pytest.mark.parametrize("name", some_slow(FILES, {"x.png", "x.npz"}))
def test_a_disk_that_is_full_leaves_the_old_file(name, run, tmp_path):
    """A limit on the size of files stands for the disk."""
    file = tmp_path / name
    assert run(*FILES[name], "-o", name)[0] == 0
    before = file.read_bytes()
    env = {"JAX_COMPILATION_CACHE_DIR": "", "PYTHONDONTWRITEBYTECODE": "1"}
    code, out, err = run(*FILES[name], "-o", name, env=env, limit=300)
    assert (code, out) == (2, b""), err
    assert b"Traceback" not in err
    assert name.encode() in err.splitlines()[-2]
    assert file.read_bytes() == before
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".new")]


def test_a_model_does_not_end_the_process(run):
    code, out, err = run("field", "model.py:leaves", *SHAPE)
    assert (code, out) == (2, b"")
    assert b"SystemExit" in err


def test_debug_shows_the_traceback(run):
    code, out, err = run("field", "model.py:refuses", *SHAPE, "--debug")
    assert (code, out) == (2, b"")
    assert b"Traceback (most recent call last)" in err
    assert b"\x1b" not in err
    assert b"Traceback" in run("--debug", "field", "model.py:refuses", *SHAPE)[2]
    assert b"Traceback" not in run("field", "model.py:refuses", *SHAPE)[2]


def test_what_nobody_expected_is_one_line(jaxrf, monkeypatch):
    from jaxrf.cli import zoo

    def breaks(options):
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr(zoo, "run", breaks)
    result = jaxrf("zoo")
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert "RuntimeError at test_streams.py:" in result.err
    assert "--debug" in result.err
    assert "Traceback" in jaxrf("zoo", "--debug").err


def test_an_error_before_anything_is_loaded_is_one_line_too(run):
    """The streams are let go at the end of a process, without a word."""
    for command in (("figures",), ("zoo", "-o", "none/x.csv"), ("field", "zoo:none")):
        code, out, err = run(*command)
        assert (code, out, err.count(b"\n")) == (2, b"", 1), err
