"""``jaxrf erf`` interrupted and resumed: real processes, real signals, the same bytes."""

import signal
import time

import numpy as np
import pytest

from jaxrf.cli import output

SAMPLES = 64
# A model whose file slows the sampling down, so that there is something to interrupt, shortens the
# time between two states on disk, and writes down which samples are drawn.
MODEL = """
import time
import flax.linen as nn
from jaxrf.measure import watch
from jaxrf.measure.sampling import Sampler

looks = Sampler.looks


def slowly(self, variables, samples):
    time.sleep(PAUSE)
    with open("drawn.txt", "a") as file:
        print(*samples, file=file)
    return looks(self, variables, samples)


class Net(nn.Module):
    features: int = 4
    kernel_init: object = nn.initializers.lecun_normal()

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(self.features, (3, 3), kernel_init=self.kernel_init)(x))
        return nn.Conv(4, (3, 3))(x)


net = Net()
wider = Net(features=5)
orthogonal = Net(kernel_init=nn.initializers.orthogonal())
twice = Net(kernel_init=nn.initializers.variance_scaling(2.0, "fan_in", "truncated_normal"))
if PAUSE:
    watch.SAVE_EVERY = 0.05
    Sampler.looks = slowly
"""


@pytest.fixture
def command(tmp_path):
    """The command on a fast and on a slow copy of one model."""

    def build(*options, pause=0.0, name="net"):
        (tmp_path / "model.py").write_text(MODEL.replace("PAUSE", str(pause)))
        shape = () if "--shape" in options else ("--shape", "1,12,12,2")
        return ("erf", f"model.py:{name}", *shape, *options)

    return build


OPTIONS = ("--samples", SAMPLES, "--batch", "4", "--seed", "5")


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


def done(state):
    if not state.exists():
        return 0
    with np.load(state) as stored:
        return int(stored["done"])


@pytest.mark.parametrize(
    "weights",
    [
        pytest.param((), id="drawn"),
        pytest.param(("--weight-seeds", "1"), id="fixed", marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_run_ends_with_the_bytes_of_a_whole_one(
    weights, process, jaxrf, command, tmp_path
):
    options = (*OPTIONS, *weights)
    state = tmp_path / "out.npz.partial.npz"
    out, err = interrupted(process, command(*options, "-o", "out.npz", pause=0.03), state)
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
    resumed = process(*command(*options, "-o", "out.npz", "--resume", pause=0.03))
    out, err = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, err
    assert [int(n) for n in log.read_text().split()] == list(range(kept, SAMPLES))
    assert not state.exists()

    whole = jaxrf(*command(*options, "-o", "whole.npz"))
    assert whole.code == 0, whole.err
    assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


@pytest.fixture
def stopped(jaxrf, command, monkeypatch):
    """A run of 12 samples that stopped after 5 of them."""
    from jaxrf.measure.sampling import Sampler

    looks = Sampler.looks

    def stops(self, variables, samples):
        if samples[0] == 5:
            raise KeyboardInterrupt
        return looks(self, variables, samples)

    with monkeypatch.context() as patch:
        patch.setattr(Sampler, "looks", stops)
        assert jaxrf(*command("--samples", "12", "-o", "out.npz")).code == 130


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
def test_other_options_are_refused(changed, stopped, jaxrf, command, tmp_path):
    state = tmp_path / "out.npz.partial.npz"
    before = state.read_bytes()
    options = {"--samples": "12", **changed}
    name = options.pop("name", "net")
    words = [w for option in options.items() for w in option]
    result = jaxrf(*command(*words, "-o", "out.npz", "--resume", name=name))
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert "out.npz.partial.npz holds samples of" in result.err
    assert len(result.err) < 600
    assert "keys" not in result.err
    assert "repeat the options of the first run" in result.err
    assert state.read_bytes() == before


def test_another_batch_goes_on(stopped, jaxrf, command):
    result = jaxrf(*command("--samples", "12", "-o", "out.npz", "--resume", "--batch", "2"))
    assert result.code == 0


def test_without_resume_all_is_drawn_anew(stopped, jaxrf, command, tmp_path):
    assert jaxrf(*command("--samples", "12", "--seed", "1", "-o", "out.npz")).code == 0
    assert jaxrf(*command("--samples", "12", "--seed", "1", "-o", "fresh.npz")).code == 0
    assert not (tmp_path / "out.npz.partial.npz").exists()
    assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "fresh.npz").read_bytes()


def test_a_mistake_in_the_next_command_does_not_cost_the_state(stopped, jaxrf, command, tmp_path):
    state = tmp_path / "out.npz.partial.npz"
    before = state.read_bytes()
    assert jaxrf(*command("--samples", "0", "-o", "out.npz")).code == 2
    assert jaxrf(*command("--samples", "12", "-o", "out.npz", "--at", "99,99")).code == 2
    assert state.read_bytes() == before


def test_the_state_survives_a_failure_to_write(stopped, jaxrf, command, monkeypatch, tmp_path):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    arguments = (*command("--samples", "12", "-o", "out.npz"), "--resume")
    with monkeypatch.context() as patch:
        patch.setattr(output, "whole", full)
        result = jaxrf(*arguments)
    assert result.code == 2
    assert "No space left on device" in result.err
    assert done(tmp_path / "out.npz.partial.npz") == 12
    assert jaxrf(*arguments).code == 0


def test_a_finished_run_that_cannot_go_on_is_as_it_was(jaxrf, tmp_path):
    """Its state is taken out of the file of its result; an error leaves no copy of it."""
    command = ("erf", "@blur", "--shape", "1,10,10,3", "--samples", "3", "-o", "x.npz")
    assert jaxrf(*command).code == 0
    before = (tmp_path / "x.npz").read_bytes()
    for wrong in (("--images", "nowhere"), ("--endpoint", "none"), ("--call", "a=1")):
        assert jaxrf(*command, "--resume", *wrong).code == 2
        assert [p.name for p in tmp_path.iterdir()] == ["x.npz"], wrong
        assert (tmp_path / "x.npz").read_bytes() == before
