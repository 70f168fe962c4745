"""Samples drawn by several devices: the bytes of one.

The devices are those of another process, since their number is set before JAX starts.
"""

import os
import subprocess
import sys

import jax
import numpy as np
import pytest

import jaxrf
from jaxrf import Sampling
from jaxrf.errors import InvalidInput
from jaxrf.measure.crew import devices_of
from tests.helpers.runs import RUNS, SHAPE, Net, content

DEVICES = "--xla_force_host_platform_device_count=4"
ALL = {
    **RUNS,
    "given": {"samples": 6, "variables": np.ones((3, 2, 3), np.float32)},
    "precise": {"samples": 200, "precision": 0.1, "weight_seeds": 1},
    "mesh": {"samples": 7},
    "grid": {"samples": 5, "predict": False},
}
FEW = ["networks", "both", "mesh"]  # each is compiled for every device


def draw(folder, *kinds):
    """Some kinds of runs, in files of a folder: what the other process does."""
    mesh = jax.sharding.Mesh(np.array(jax.devices()[1:3]), ("samples",))
    for kind in kinds:
        measure = jaxrf.measure_grid if kind == "grid" else jaxrf.measure_erf
        some = Sampling(mesh=mesh) if kind == "mesh" else None
        measure(Net(), SHAPE, **ALL[kind], sampling=some).save(f"{folder}/{kind}.npz")


def on_four_devices(code):
    flags = f"{os.environ.get('XLA_FLAGS', '')} {DEVICES}"
    line = f"from tests.measure.test_crew import draw, placed; {code}"
    subprocess.run([sys.executable, "-c", line], check=True, env={**os.environ, "XLA_FLAGS": flags})


def held(kinds, folder):
    (folder / "many").mkdir()
    on_four_devices(f"draw({str(folder / 'many')!r}, *{kinds!r})")
    for kind in kinds:
        measure = jaxrf.measure_grid if kind == "grid" else jaxrf.measure_erf
        one = measure(Net(), SHAPE, **ALL[kind])
        assert (folder / "many" / f"{kind}.npz").read_bytes() == content(one, folder), kind


def test_devices_have_the_bytes_of_one(tmp_path):
    held(FEW, tmp_path)


@pytest.mark.slow
def test_devices_have_the_bytes_of_one_for_samples_of_every_kind(tmp_path):
    held([*ALL], tmp_path)


def test_every_device_draws():
    """Of four devices, four batches at a time."""
    on_four_devices("found = placed(); assert found == [0, 1, 2, 3, 0, 1, 2, 3, 0], found")


def placed():
    """The device of every sample of a run."""
    from jaxrf.measure.sampler import Sampler

    found, gradients = {}, Sampler._checked

    def noted(self, compiled, variables, samples, x):
        gradient = gradients(self, compiled, variables, samples, x)
        found[int(samples[0])] = next(iter(gradient.devices())).id
        return gradient

    Sampler._checked = noted
    try:
        jaxrf.measure_erf(Net(), SHAPE, samples=9)
    finally:
        Sampler._checked = gradients
    return [found[n] for n in range(9)]


def test_a_mesh_is_a_mesh():
    with pytest.raises(InvalidInput, match=r"mesh: got 4, need a jax\.sharding\.Mesh"):
        Sampling(mesh=4)
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("samples",))
    assert devices_of(mesh) == (jax.devices()[0],)
    with jax.default_device(jax.devices()[0]):
        assert devices_of(None) == (None,)
