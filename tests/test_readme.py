"""Every command and every line of code in the README runs, and prints what the README shows."""

import re
import shlex
from pathlib import Path

import matplotlib
import pytest

from jaxrf.cli.main import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def _commands() -> list[str]:
    lines = "".join(_blocks("console")).splitlines()
    return [line.removeprefix("$ jaxrf ") for line in lines if line.startswith("$ jaxrf ")]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """An empty folder that sees the scripts, so that outputs do not land in the checkout."""
    for folder in ("examples", "experiments"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    for folder in ("demo", "figures"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_commands():
    assert len(_commands()) >= 7


@pytest.mark.parametrize("command", _commands())
def test_command(command, checkout, capsys):
    arguments = shlex.split(command)
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out
    assert max(map(len, out.splitlines())) <= 80
    if "-o" in arguments:
        assert (checkout / arguments[arguments.index("-o") + 1]).stat().st_size > 0


def test_shown_output(capsys):
    shown = re.findall(r"<!-- output of: jaxrf (.*?) -->\n```text\n(.*?)```", README, re.DOTALL)
    assert shown
    for command, text in shown:
        main(shlex.split(command))
        assert capsys.readouterr().out == text


def test_python(capsys):
    matplotlib.use("Agg")
    (code,) = _blocks("python")
    exec(compile(code, "README.md", "exec"), {})
    assert "left moves by 2 an output, right by 1" in capsys.readouterr().out


def _demo() -> list[str]:
    """The arguments that scripts/demo gives to jaxrf."""
    text = (ROOT / "scripts" / "demo").read_text().replace("\\\n", " ")
    (line,) = re.findall(r'^exec "\$venv/bin/jaxrf" (.*)$', text, re.MULTILINE)
    return [a for a in shlex.split(line) if a != "$@"]


@pytest.mark.parametrize(
    "network", ["alexnet_v2", pytest.param("resnet_v1_50", marks=pytest.mark.slow)]
)
def test_main_job_in_small(network, checkout, capsys):
    """The main job, narrow and on a small image; the slow siblings go deeper, up to the job."""
    pytest.importorskip("skimage")
    smaller = {"zoo:resnet_v1_50": f"zoo:{network}", "1,544,544,3": "1,128,128,3"}
    assert smaller.keys() <= set(_demo())
    job = [smaller.get(word, word) for word in _demo()]
    assert main([*job, "--samples", "4", "--width", "0.0625"]) == 0
    assert "equal" in capsys.readouterr().out
    assert {f.name for f in (checkout / "demo").iterdir()} == {
        "resnet_v1_50.png",
        "resnet_v1_50.json",
    }


@pytest.mark.slow
def test_main_job(checkout, capsys):
    assert main(_demo()) == 0
    assert "233289    233289  233289    equal" in capsys.readouterr().out


def test_two_commands():
    """The set-up commands are the scripts, and the gate runs the second one."""
    assert [b.strip() for b in _blocks("sh")] == ["bash scripts/demo", "bash scripts/test"]
    assert "bash scripts/test" in (ROOT / ".ci" / "run").read_text()
    assert all((ROOT / "scripts" / name).is_file() for name in ("demo", "test"))
