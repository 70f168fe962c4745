"""A wheel holds the package and nothing beside it: every command runs that needs no experiments."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import jaxrf
from jaxrf.cli.main import COMMANDS
from tests.helpers.commandexamples import EXAMPLES

ROOT = Path(__file__).parent.parent
MODEL = "def net(x):\n    return x[:, 1:] + x[:, :-1]\n"
ALONE = set(COMMANDS) - {"figures"}  # which runs the scripts of the repository
SCRIPT = """
import sys
import jaxrf
from jaxrf.cli.main import main
assert jaxrf.__file__.startswith(sys.argv[1]), jaxrf.__file__
for words in sys.argv[2:]:
    print(words, "->", main(words.split()), file=sys.stderr)
"""


@pytest.fixture
def outside(tmp_path):
    """``outside("zoo", ...)`` runs commands, one after the other, where no checkout is."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        targets = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]
    assert targets["wheel"]["packages"] == ["jaxrf"]
    site, here = tmp_path / "site", tmp_path / "here"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(jaxrf.__file__).parent, site / "jaxrf", ignore=ignored)
    here.mkdir()
    (here / "net.py").write_text(MODEL)

    def run(*commands):
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, str(site), *commands],
            cwd=here,
            env={**os.environ, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_every_other_command_runs_outside_a_checkout(outside):
    commands = [f"{name} {EXAMPLES[name]}".strip() for name in COMMANDS if name in ALONE]
    done = outside(*commands)
    assert done.returncode == 0, done.stderr
    for words in commands:
        assert f"{words} -> 0\n" in done.stderr


@pytest.mark.parametrize("options", ["", " --list", " --quick modern"])
def test_figures_says_where_its_scripts_are(options, outside):
    done = outside(f"figures{options}")
    line, end = done.stderr.splitlines()
    assert done.stdout == ""
    assert line.startswith("jaxrf figures: error: got no experiments/ in ")
    assert "need the scripts that compute the figures" in line
    assert "in the repository" in line
    assert "not in the wheel; run it in such a folder" in line
    assert end == f"figures{options} -> 2"
