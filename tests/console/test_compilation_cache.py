"""Compiled programs between runs: kept, bounded, mended, and never in a user's way.

Covers: cli.options.cache
"""

import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from jaxrf.console import compilation_cache
from jaxrf.console.compilation_cache import VARIABLE, cache_folder, compilations_kept, trim
from tests.helpers.slow import some_slow

COMMAND = """
import jax, jax.monitoring, jax.numpy as jnp
from jaxrf.console.compilation_cache import compilations_kept, saved_seconds
hits = []
jax.monitoring.register_event_listener(
    lambda event, **details: hits.append(event.endswith("cache_hits")))
with compilations_kept("jaxrf test"):
    value = jax.jit(lambda x: jnp.sin(x) * 3 + x)(jnp.arange(8.0)).tolist()
print(sum(hits), value, jax.config.jax_compilation_cache_dir, saved_seconds() > 0)
"""


@pytest.fixture
def run(tmp_path):
    """Runs a small program that compiles, in a process of its own: (hits, value, rest, stderr)."""

    def started(**changes):
        environment = {**os.environ, VARIABLE: str(tmp_path / "kept"), **changes}
        environment.pop("JAX_COMPILATION_CACHE_DIR", None)
        environment.update(changes)
        done = subprocess.run(
            [sys.executable, "-c", COMMAND],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        hits, rest = done.stdout.split(maxsplit=1)
        return int(hits), rest, done.stderr

    return started


def entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*-cache"))


def test_a_second_process_compiles_nothing_and_damage_is_mended(run, tmp_path):
    none, value, _ = run()
    assert none == 0
    assert "None" in value  # JAX's option is what it was before
    kept = entries(tmp_path / "kept")
    assert kept
    hits, again, _ = run()
    assert hits >= len(kept)
    assert again.split("]")[0] == value.split("]")[0]
    for damage in (b"", b"rubbish", kept[0].read_bytes()[:-9]):
        for path in kept:
            path.write_bytes(damage)
        hits, mended, said = run()
        assert (hits, said) == (0, "")
        assert mended.split("]")[0] == value.split("]")[0]
        assert run()[0] >= len(kept)


@pytest.mark.slow
def test_several_processes_at_once(tmp_path):
    environment = {**os.environ, VARIABLE: str(tmp_path)}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    command = [sys.executable, "-c", COMMAND]
    both = [
        subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True)
        for _ in range(3)
    ]
    found = [child.communicate() for child in both]
    assert [child.returncode for child in both] == [0, 0, 0]
    assert len({out.split("[")[1].split("]")[0] for out, _ in found}) == 1
    assert {said for _, said in found} == {""}


def test_a_folder_that_cannot_be_written_is_said_only_if_it_was_named(run, tmp_path):
    (tmp_path / "kept").write_text("a file")
    _, _, said = run()
    assert said.startswith(
        f"jaxrf test: {VARIABLE}: got '{tmp_path}/kept', which cannot be written"
    )
    assert said.count("\n") == 1
    without = {name: value for name, value in os.environ.items() if name != VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND],
        env={**without, "XDG_CACHE_HOME": f"{tmp_path}/kept", "JAX_COMPILATION_CACHE_DIR": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


@pytest.mark.slow
def test_a_cache_of_the_users_own_stays(run, tmp_path):
    _, value, _ = run(JAX_COMPILATION_CACHE_DIR=str(tmp_path / "own"))
    assert str(tmp_path / "own") in value
    assert not (tmp_path / "kept").exists()
    run(JAX_ENABLE_COMPILATION_CACHE="false")
    assert not (tmp_path / "kept").exists()


@pytest.mark.slow
def test_nothing_is_kept_by_an_import_or_where_it_is_turned_off(run, tmp_path):
    code = "import jax, jaxrf; print(jax.config.jax_compilation_cache_dir)"
    environment = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, VARIABLE: str(tmp_path / "kept")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "None\n"
    run(**{VARIABLE: ""})
    assert not (tmp_path / "kept").exists()


def test_the_folder_is_that_of_the_user():
    home = {"HOME": "/home/me"}
    mac = sys.platform == "darwin"
    usual = "/home/me/Library/Caches/jaxrf" if mac else "/home/me/.cache/jaxrf"
    assert cache_folder(home) == Path(usual)
    assert cache_folder({**home, "XDG_CACHE_HOME": "relative"}) == Path(usual)
    assert cache_folder({**home, "XDG_CACHE_HOME": "/x"}) == Path("/x/jaxrf")
    assert cache_folder({**home, VARIABLE: "/y", "XDG_CACHE_HOME": "/x"}) == Path("/y")


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    for n in range(10):
        path = tmp_path / "machine" / f"jit_{n}-cache"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(100))
        os.utime(path, (1000 + (n + 5) % 10, 10))
    (tmp_path / "other").write_bytes(bytes(10_000))
    trim(tmp_path, size=1000)
    assert len(entries(tmp_path)) == 10
    trim(tmp_path, size=999)
    left = [f"jit_{n}-cache" for n in (0, 1, 2, 3, 4, 8, 9)]
    assert [path.name for path in entries(tmp_path)] == left
    trim(tmp_path, entries=5)
    assert len(entries(tmp_path)) == 4
    assert (tmp_path / "other").exists()


def test_an_exception_leaves_everything_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(compilation_cache, "_is_free", lambda: True)
    before = jax.config.jax_compilation_cache_dir
    with pytest.raises(ValueError, match="mine"), compilations_kept("jaxrf test"):
        assert str(tmp_path) in jax.config.jax_compilation_cache_dir
        raise ValueError("mine")
    assert jax.config.jax_compilation_cache_dir == before


@pytest.mark.parametrize("options", some_slow([(), ("--no-cache",)], [("--no-cache",)]))
def test_commands_keep_unless_told_otherwise(options, tmp_path):
    environment = {**os.environ, VARIABLE: str(tmp_path / "kept")}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    command = ["erf", "jaxrf.examples:stack10", "--shape", "1,9,9,3", "--samples", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "jaxrf", *command, *options],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert bool(entries(tmp_path / "kept")) == (not options)
