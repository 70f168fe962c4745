"""Commands ended from outside: whatever signal ends them, what Ctrl-C keeps is kept.

Covers: console.ending.
"""

import json
import signal

import numpy as np
import pytest

from tests.helpers.resumable import OPTIONS, SAMPLES, done, until
from tests.helpers.slow import some_slow
from tests.helpers.squares import FILES, SCRIPT, results

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", some_slow(ENDING, {signal.SIGHUP}), ids=lambda n: n.name)
@pytest.mark.parametrize("kind", some_slow(["gradients", "perturb", "everywhere"], {"perturb"}))
def test_sampling_is_kept(number, kind, process, erf_command, jaxrf, tmp_path):
    more = {"perturb": ("--perturb", "0.1"), "everywhere": ("--everywhere", "--step", "4")}
    options = (*more.get(kind, ()), *OPTIONS)
    state = tmp_path / "out.npz.partial.npz"
    child = process(*erf_command(*options, "-o", "out.npz", pause=0.03))
    until(lambda: done(state) >= 8, child)
    child.send_signal(number)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert err.splitlines()[-2:] == [
        "jaxrf erf: kept what was sampled in out.npz.partial.npz; go on with --resume",
        "jaxrf erf: interrupted",
    ]
    kept = done(state)
    assert 8 <= kept < SAMPLES
    assert not [p.name for p in tmp_path.iterdir() if p.name.endswith(".new")]
    if number == signal.SIGTERM:
        assert jaxrf(*erf_command(*options, "-o", "out.npz", "--resume")).code == 0
        assert jaxrf(*erf_command(*options, "-o", "whole.npz")).code == 0
        assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_a_kill_leaves_the_last_state(process, erf_command, jaxrf, tmp_path):
    state = tmp_path / "out.npz.partial.npz"
    child = process(*erf_command(*OPTIONS, "-o", "out.npz", pause=0.03))
    until(lambda: done(state) >= 8, child)
    child.kill()
    child.communicate()
    with np.load(state) as stored:
        assert all(np.isfinite(stored[name]).all() for name in ("total", "rows"))
    assert jaxrf(*erf_command(*OPTIONS, "-o", "out.npz", "--resume")).code == 0


def test_a_signal_that_is_ignored_stays_ignored(process, erf_command, tmp_path):
    """As under ``nohup``."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        child = process(*erf_command("--samples", "16", "-o", "out.npz", pause=0.05))
        until(lambda: done(tmp_path / "out.npz.partial.npz") >= 1, child)
        child.send_signal(signal.SIGHUP)
        _, err = child.communicate(timeout=60)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert child.returncode == 0, err


@pytest.fixture
def squares(tmp_path):
    folder = tmp_path / "experiments"
    folder.mkdir()
    (folder / "squares.py").write_text(SCRIPT.replace("PAUSE", "0.3"))
    return folder / "squares.py"


def items(tmp_path):
    return sorted((tmp_path / "figures" / ".parts").rglob("n*.npz"))


@pytest.mark.parametrize(
    "number", some_slow(ENDING, {signal.SIGHUP, signal.SIGINT}), ids=lambda n: n.name
)
def test_items_of_figures_are_kept(number, squares, process, tmp_path):
    child = process("figures")
    until(lambda: len(items(tmp_path)) >= 2, child)
    child.send_signal(number)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert "squares: interrupted; run it again to go on" in err
    kept = len(items(tmp_path))
    assert 2 <= kept < 6
    resumed = process("figures")
    _, err = resumed.communicate(timeout=60)
    assert resumed.returncode == 0
    assert f"squares: {kept} of 6 kept" in err


def test_a_damaged_part_is_computed_again(squares, jaxrf, tmp_path):
    assert jaxrf("figures").code == 0
    made = results(tmp_path / "figures")
    for damage in (lambda b: b"", lambda b: b[: len(b) // 2], lambda b: _flipped(b)):
        for path in items(tmp_path)[::2]:
            path.write_bytes(damage(path.read_bytes()))
        (tmp_path / "figures" / "squares.png").unlink()
        (squares.parent / "log.txt").unlink(missing_ok=True)
        assert "squares  made" in jaxrf("figures").out
        assert (squares.parent / "log.txt").read_text().split() == ["0", "2", "4"]
        assert results(tmp_path / "figures") == made


def _flipped(content):
    """Another byte in the middle of the first array."""
    place = content.index(b"@part.npy") + 120
    return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


@pytest.mark.parametrize("name", some_slow(sorted(FILES), FILES - {"squares.png", "squares.json"}))
def test_a_truncated_file_is_not_complete(name, squares, jaxrf, tmp_path):
    squares.write_text(squares.read_text().replace("0.3)", "0)"))
    assert jaxrf("figures").code == 0
    made = results(tmp_path / "figures")
    file = tmp_path / "figures" / name
    for content in (made[name][:-1], made[name][: len(made[name]) // 2], b""):
        file.write_bytes(content)
        assert "squares  made" in jaxrf("figures").out
        assert results(tmp_path / "figures") == made
    assert "squares  complete" in jaxrf("figures").out


def test_results_of_scripts_alone_reach_standard_output(squares, process, tmp_path):
    child = process("figures", "--quick", "-f", "json")
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0
    assert json.loads(out)["squares"]["state"] == "made"
    assert "square" in err  # its table
    again = process("figures", "--quick", "--fresh")
    assert "squares: took " in again.communicate(timeout=60)[1]
