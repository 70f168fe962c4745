"""``jaxrf erf`` on a model that samples slowly, so that there is something to interrupt."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

__all__ = ["MODEL", "OPTIONS", "SAMPLES", "done", "erf_command_in", "until"]

SAMPLES = 64
# A model whose file slows the sampling down, so that there is something to interrupt, shortens the
# time between two states on disk, and writes down which samples are drawn.
MODEL = """
import time
import flax.linen as nn
from jaxrf.measure import state_file
from jaxrf.measure.sampler import Sampler

draw_samples = Sampler.draw_samples


def slowly(self, variables, samples):
    time.sleep(PAUSE)
    with open("drawn.txt", "a") as file:
        print(*samples, file=file)
    return draw_samples(self, variables, samples)


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
    state_file.SAVE_EVERY = 0.05
    Sampler.draw_samples = slowly
"""
OPTIONS = ("--samples", SAMPLES, "--batch", "4", "--seed", "5")


def erf_command_in(folder: Path) -> Callable[..., tuple]:
    """Writes the model into a folder and gives the arguments of a command on it."""

    def build(*options, pause=0.0, name="net"):
        (folder / "model.py").write_text(MODEL.replace("PAUSE", str(pause)))
        shape = () if "--shape" in options else ("--shape", "1,12,12,2")
        return ("erf", f"model.py:{name}", *shape, *options)

    return build


def done(state: Path) -> int:
    """How many samples an interrupted run has kept."""
    if not state.exists():
        return 0
    with np.load(state) as stored:
        return int(stored["done"])


def until(condition, child):
    """Wait until something holds, while a process runs."""
    deadline = time.monotonic() + 90
    while not condition():
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
