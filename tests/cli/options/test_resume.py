"""``jaxrf erf`` interrupted and resumed: real processes, real signals, the same bytes."""

import signal
import time

import pytest

from jaxrf.cli import output
from tests.helpers.resumable import OPTIONS, SAMPLES, done


def interrupted(process, arguments, state):
    """A run that is interrupted as soon as some samples, but not all, are on disk."""
    child = process(*arguments)
    deadline = time.monotonic() + 90
    while done(state) < 8:
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    return out, err


@pytest.mark.parametrize(
    "weights",
    [
        pytest.param((), id="drawn"),
        pytest.param(("--weight-seeds", "1"), id="fixed", marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_run_ends_with_the_bytes_of_a_whole_one(
    weights, process, jaxrf, erf_command, tmp_path
):
    options = (*OPTIONS, *weights)
    state = tmp_path / "out.npz.partial.npz"
    out, err = interrupted(process, erf_command(*options, "-o", "out.npz", pause=0.03), state)
    assert out == ""
    assert err.splitlines() == [
        "jaxrf erf: kept what was sampled in out.npz.partial.npz; go on with --resume",
        "jaxrf erf: interrupted",
    ]
    kept = done(state)
    assert 8 <= kept < SAMPLES
    assert not (tmp_path / "out.npz").exists()

    log = tmp_path / "drawn.txt"
    log.unlink()
    resumed = process(*erf_command(*options, "-o", "out.npz", "--resume", pause=0.03))
    out, err = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, err
    assert [int(n) for n in log.read_text().split()] == list(range(kept, SAMPLES))
    assert not state.exists()

    whole = jaxrf(*erf_command(*options, "-o", "whole.npz"))
    assert whole.code == 0, whole.err
    assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


@pytest.fixture
def stopped(jaxrf, erf_command, monkeypatch):
    """A run of 12 samples that stopped after 5 of them."""
    from jaxrf.measure.sampler import Sampler

    draw_samples = Sampler.draw_samples

    def stops(self, variables, samples):
        if samples[0] == 5:
            raise KeyboardInterrupt
        return draw_samples(self, variables, samples)

    with monkeypatch.context() as patch:
        patch.setattr(Sampler, "draw_samples", stops)
        assert jaxrf(*erf_command("--samples", "12", "-o", "out.npz")).code == 130


@pytest.mark.parametrize(
    "changed",
    [
        {"--seed": "1"},
        {"--at": "3,3"},
        {"--weight-seeds": "6"},
        {"--axes": "1"},
        {"--shape": "1,12,13,2"},
        {"name": "wider"},
        {"name": "orthogonal"},
        {"name": "twice"},
        {"--endpoint": "Conv_0"},
    ],
    ids=str,
)
def test_other_options_are_refused(changed, stopped, jaxrf, erf_command, tmp_path):
    state = tmp_path / "out.npz.partial.npz"
    before = state.read_bytes()
    options = {"--samples": "12", **changed}
    name = options.pop("name", "net")
    words = [w for option in options.items() for w in option]
    result = jaxrf(*erf_command(*words, "-o", "out.npz", "--resume", name=name))
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert "out.npz.partial.npz holds samples of" in result.err
    assert len(result.err) < 600
    assert "keys" not in result.err  # only what differs
    assert "repeat the options of the first run" in result.err
    assert state.read_bytes() == before


def test_another_batch_goes_on(stopped, jaxrf, erf_command):
    result = jaxrf(*erf_command("--samples", "12", "-o", "out.npz", "--resume", "--batch", "2"))
    assert result.code == 0


def test_without_resume_all_is_drawn_anew(stopped, jaxrf, erf_command, tmp_path):
    assert jaxrf(*erf_command("--samples", "12", "--seed", "1", "-o", "out.npz")).code == 0
    assert jaxrf(*erf_command("--samples", "12", "--seed", "1", "-o", "fresh.npz")).code == 0
    assert not (tmp_path / "out.npz.partial.npz").exists()
    assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "fresh.npz").read_bytes()


def test_a_mistake_in_the_next_command_does_not_cost_the_state(
    stopped, jaxrf, erf_command, tmp_path
):
    state = tmp_path / "out.npz.partial.npz"
    before = state.read_bytes()
    assert jaxrf(*erf_command("--samples", "0", "-o", "out.npz")).code == 2
    assert jaxrf(*erf_command("--samples", "12", "-o", "out.npz", "--at", "99,99")).code == 2
    assert state.read_bytes() == before


def test_the_state_survives_a_failure_to_write(stopped, jaxrf, erf_command, monkeypatch, tmp_path):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    arguments = (*erf_command("--samples", "12", "-o", "out.npz"), "--resume")
    with monkeypatch.context() as patch:
        patch.setattr(output, "whole", full)
        result = jaxrf(*arguments)
    assert result.code == 2
    assert "No space left on device" in result.err
    assert done(tmp_path / "out.npz.partial.npz") == 12
    assert jaxrf(*arguments).code == 0


def test_a_finished_run_that_cannot_go_on_is_as_it_was(jaxrf, tmp_path):
    """Its state is taken out of the file of its result; an error leaves no copy of it."""
    erf_command = ("erf", "@blur", "--shape", "1,10,10,3", "--samples", "3", "-o", "x.npz")
    assert jaxrf(*erf_command).code == 0
    before = (tmp_path / "x.npz").read_bytes()
    for wrong in (("--images", "nowhere"), ("--endpoint", "none"), ("--call", "a=1")):
        assert jaxrf(*erf_command, "--resume", *wrong).code == 2
        assert [p.name for p in tmp_path.iterdir()] == ["x.npz"], wrong
        assert (tmp_path / "x.npz").read_bytes() == before
