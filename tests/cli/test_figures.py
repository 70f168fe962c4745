"""``jaxrf figures``: scripts run, skipped, interrupted and resumed, in real processes.

Covers: experiments.check, experiments.experiment, experiments.publish, experiments.store.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from tests.helpers.commands import refused
from tests.helpers.squares import FILES, SCRIPT, results

ALL = FILES | {"provenance.json"}


@pytest.fixture
def repository(tmp_path):
    """``repository(name=source, ...)`` writes scripts into experiments/."""

    def write(pause=0.0, **sources):
        folder = tmp_path / "experiments"
        folder.mkdir(exist_ok=True)
        sources = sources or {"squares": SCRIPT}
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(source.replace("PAUSE", str(pause)))
        return folder

    return write


def log(folder):
    file = folder / "log.txt"
    return [int(n) for n in file.read_text().split()] if file.exists() else []


def test_results_are_written_once_and_the_same_bytes_again(repository, jaxrf, tmp_path):
    folder = repository()
    first = jaxrf("figures")
    assert first.code == 0, first.err
    assert "squares  made" in first.out
    made = results(tmp_path / "figures")
    assert made.keys() == ALL
    document = json.loads(made["squares.json"])
    assert document["about"] == "Squares of a few numbers."
    entry = json.loads(made["provenance.json"])["squares"]
    assert set(entry["files"]) == FILES
    assert not entry["imported"]
    assert document["numbers"]["n/2"]["square"] == 1.333333333
    row = {"array": "n/2.row", "shape": [2], "mean": 0.5, "rms": 0.7071067812}
    assert document["numbers"]["n/2"]["row"] == row
    assert log(folder) == [0, 1, 2, 3, 4, 5]

    second = jaxrf("figures")
    assert second.code == 0
    assert "squares  complete" in second.out
    assert log(folder) == [0, 1, 2, 3, 4, 5]

    assert jaxrf("figures", "squares", "--out", "again").code == 0
    assert results(tmp_path / "again") == made
    costs = json.loads((tmp_path / "again" / "costs" / "squares.json").read_text())
    assert costs["items"].keys() == document["numbers"].keys()


def test_an_interrupted_run_goes_on_where_it_was(repository, process, jaxrf, tmp_path):
    folder = repository(pause=0.3)
    child = process("figures")
    deadline = time.monotonic() + 60
    while len(log(folder)) < 2:
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)  # to the runner alone, which passes it on
    _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Traceback" not in err
    assert err.endswith("jaxrf figures: interrupted\n")
    assert not (tmp_path / "figures" / "squares.json").exists()
    kept = len(list((tmp_path / "figures" / ".parts").rglob("n*.npz")))
    assert 1 <= kept < 6
    done = log(folder)

    (folder / "log.txt").unlink()
    resumed = process("figures", "--resume")
    _, err = resumed.communicate(timeout=60)
    assert resumed.returncode == 0, err
    assert f"squares: {kept} of 6 kept" in err
    assert log(folder) == list(range(kept, 6))
    assert len(done) <= kept + 1

    assert jaxrf("figures", "--out", "whole").code == 0
    assert results(tmp_path / "whole") == results(tmp_path / "figures")


def test_what_changes_is_made_again(repository, jaxrf, tmp_path):
    folder = repository()
    assert jaxrf("figures", "--quick").code == 0
    assert log(folder) == [0, 1]
    assert "made" in jaxrf("figures").out  # a quick result is no full one
    assert "complete" in jaxrf("figures", "--quick").out  # but a full one is enough
    before = len(log(folder))
    (tmp_path / "figures" / "squares.png").unlink()
    assert "made" in jaxrf("figures").out
    assert len(log(folder)) == before  # drawn again from what is kept
    for name in ("squares.pdf", "squares.npz"):  # not committed: nothing is missing without them
        (tmp_path / "figures" / name).unlink()
    repository(squares=SCRIPT.replace("Squares of", "All squares of") + "\n# commented\n")
    assert "complete" in jaxrf("figures").out
    repository(squares=SCRIPT + "\nCHANGED = 1\n")
    assert "older code" in jaxrf("figures", "--list").out
    assert "made" in jaxrf("figures").out
    assert len(log(folder)) == before + 6
    assert "made" in jaxrf("figures", "--fresh").out
    assert len(log(folder)) == before + 12


def test_options_of_its_own_and_redrawing_are_no_complete_result(repository, tmp_path, jaxrf):
    folder = repository()
    script = [sys.executable, str(folder / "squares.py")]
    subprocess.run([*script, "--most", "2"], check=True, capture_output=True)
    assert log(folder) == [0, 1]
    assert "other options" in jaxrf("figures", "--list").out
    assert "made" in jaxrf("figures").out
    before = log(folder)
    repository(squares=SCRIPT + "\nDIFFERENTLY = 1\n")
    subprocess.run([*script, "--redraw"], check=True, capture_output=True)
    assert log(folder) == before
    assert "redrawn" in jaxrf("figures", "--list").out
    assert "made" in jaxrf("figures").out


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Where checks compute."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_a_check_computes_again_and_writes_nothing(repository, jaxrf, tmp_path, scratch):
    folder = repository()
    missing = jaxrf("figures", "--check")
    assert missing.code == 1
    assert "squares: not made" in missing.err
    assert jaxrf("figures").code == 0
    made, kept = results(tmp_path / "figures"), len(log(folder))
    same = jaxrf("figures", "--check", "-f", "json")
    assert same.code == 0, same.err
    # three numbers of each of six items, three of its array
    told = json.loads(same.out)["squares"]
    assert told["state"] == "same"
    assert told["differences"] == []
    assert told["numbers"] == 36
    assert len(log(folder)) == kept + 6
    assert not list(scratch.rglob("squares.*"))
    assert "may differ by 0.0001" in jaxrf("figures", "--check").out

    repository(squares=SCRIPT.replace("n * n / 3", "n * n / (2 if n == 4 else 3)"))
    differs = jaxrf("figures", "--check", "-f", "json")
    assert differs.code == 1
    assert "squares: expected the same numbers, got 2 others" in differs.err
    assert json.loads(differs.out)["squares"]["differences"] == [
        {"name": "squares.json: n/4: square", "got": "8.0", "expected": "5.333333333"},
        {"name": "squares.md: row 5, n/4: square", "got": "8.00", "expected": "5.33"},
    ]
    assert results(tmp_path / "figures") == made
    before = len(log(folder))
    assert "5.33" in jaxrf("figures", "--check").out
    assert len(log(folder)) == before + 6

    repository(squares=SCRIPT.replace("time.sleep(PAUSE)", "raise SystemExit(3)"))
    failed = jaxrf("figures", "--check")
    assert failed.code == 1
    assert "squares: failed" in failed.err
    assert results(tmp_path / "figures") == made


def test_a_check_repeats_a_quick_result_and_no_options(repository, jaxrf, tmp_path, scratch):
    folder = repository()
    assert jaxrf("figures", "--quick").code == 0
    assert jaxrf("figures", "--check").code == 0
    assert log(folder) == [0, 1, 0, 1]
    script = [sys.executable, str(folder / "squares.py"), "--most", "3"]
    subprocess.run(script, check=True, capture_output=True)
    checked = jaxrf("figures", "--check")
    assert checked.code == 1
    assert "squares: made with other options" in checked.err


def test_an_interrupted_check_goes_on_where_it_was(repository, process, jaxrf, tmp_path, scratch):
    folder = repository(pause=0.3)
    assert jaxrf("figures").code == 0
    made = results(tmp_path / "figures")
    (folder / "log.txt").unlink()
    child = process("figures", "--check")
    deadline = time.monotonic() + 60
    while len(log(folder)) < 2:
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err.endswith("jaxrf figures: interrupted\n")
    again = process("figures", "--check")
    _, err = again.communicate(timeout=60)
    assert again.returncode == 0
    assert "of 6 kept" in err
    assert len(log(folder)) <= 7  # all six once, the one in work perhaps twice
    assert results(tmp_path / "figures") == made


def test_one_failure_does_not_keep_the_others_from_running(repository, jaxrf, tmp_path):
    repository(
        a_broken="raise SystemExit(7)", b_silent="'Writes nothing.'", squares=SCRIPT, _shared=""
    )
    result = jaxrf("figures", "-f", "json")
    assert result.code == 1
    states = {name: o["state"] for name, o in json.loads(result.out).items()}
    assert states == {"a_broken": "failed", "b_silent": "failed", "squares": "made"}
    assert "a_broken: expected exit code 0, got 7" in result.err
    assert "ended without its entry in provenance.json" in result.err
    assert (tmp_path / "figures" / "squares.png").exists()


def test_an_item_that_is_no_number_is_refused_in_one_line(repository):
    folder = repository(squares=SCRIPT.replace("n * n / 3", "{n}"))
    done = subprocess.run(
        [sys.executable, str(folder / "squares.py")], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "n/0.square: got a set, need numbers" in done.stderr


def test_the_list_names_every_script_without_running_it(repository, jaxrf):
    folder = repository(squares=SCRIPT, odd="'''Odd.'''\nraise SystemExit(1)", wrong="def", _x="")
    listed = jaxrf("figures", "--list", "-f", "json")
    assert json.loads(listed.out) == {
        "odd": {"about": "Odd.", "state": "not made"},
        "squares": {"about": "Squares of a few numbers.", "state": "not made"},
        "wrong": {"about": "(does not parse: line 1: invalid syntax)", "state": "not made"},
    }
    assert not log(folder)


def test_what_cannot_be_run_is_refused(repository, jaxrf, tmp_path):
    refused(jaxrf("figures"), "got no experiments/", "not in the wheel", "run it in such a folder")
    (tmp_path / "experiments").mkdir()
    refused(jaxrf("figures"), "without a script of jaxrf")
    (tmp_path / "experiments" / "train.py").write_text("raise SystemExit('somebody else')")
    refused(jaxrf("figures"), "without a script of jaxrf")
    repository()
    refused(jaxrf("figures", "cubes"), "'cubes'", "squares")
    refused(jaxrf("figures", "--fresh", "--resume"), "leave one out")
    refused(jaxrf("figures", "--check", "--quick"), "as it was made", "leave one out")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "provenance.json").write_text("<<<<<<< ours")
    refused(jaxrf("figures"), "provenance.json", "mend it")
