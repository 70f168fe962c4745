"""Samples: their keys, their places, and how they are accumulated and kept.

Covers: measure.checkpoint, measure.feature_box, measure.fingerprint, measure.sampling_run,
measure.state_file, measure.stopping.
"""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.errors import ModelError
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.fingerprint import fingerprint
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler
from jaxrf.measure.state_file import StateFile


class Net:
    """Weights, a random input and random signs all matter to its gradient."""

    def __init__(self, width=3):
        self.width = width

    def init(self, key, x):
        return jax.random.normal(key, (3, x.shape[-1], self.width))

    def apply(self, variables, x):
        return jnp.tanh(
            lax.conv_general_dilated(x, variables, (1,), "SAME", None, None, ("NWC", "WIO", "NWC"))
        )


SHAPE = (1, 9, 2)


def sampler(plan, batch=4, at=(4,), **options):
    return Sampler(jaxrf.analyze(Net(), SHAPE), "output", at, plan, batch=batch, **options)


@pytest.fixture(scope="module")
def one_by_one():
    alone = sampler(Plan(7, 1, 3), 1)
    return np.concatenate([alone.energies(alone.weights(0), [i]) for i in range(7)])


@pytest.mark.parametrize("batch", [3, 4, 16])
def test_sample_i_is_the_same_in_every_batch(batch, one_by_one):
    some = sampler(Plan(7, 1, 3), batch)
    weights = some.weights(0)
    assert some.energies(weights, range(7)) == pytest.approx(one_by_one, rel=1e-6)
    assert some.energies(weights, [5, 2]) == pytest.approx(one_by_one[[5, 2]], rel=1e-6)
    assert len({e.tobytes() for e in one_by_one}) == 7


def test_the_number_of_samples_does_not_change_them():
    few, many = sampler(Plan(2, 1, 3)), sampler(Plan(50, 1, 3))
    first = few.energies(few.weights(0), [0, 1])
    assert np.array_equal(first, many.energies(many.weights(0), [0, 1]))
    other = sampler(Plan(2, 1, 4))
    assert not np.array_equal(first, other.energies(other.weights(0), [0, 1]))


def test_the_weights_of_a_unit_depend_on_the_seed_and_the_unit_alone():
    drawn = sampler(Plan(6, 6, 0))
    weights = [np.asarray(drawn.weights(i)) for i in range(3)]
    assert not np.array_equal(weights[0], weights[1])
    assert np.array_equal(weights[2], sampler(Plan(60, 3, 0), batch=1).weights(2))
    fixed = sampler(Plan(6, 1, 0))
    assert np.array_equal(fixed.weights(0), fixed.weights(5))


def test_energy_is_where_the_feature_looks():
    for place in (0, 4, 8):
        some = sampler(Plan(3, 1, 0), at=(place,))
        (energy, *_) = some.energies(some.weights(0), range(3))
        expected = np.abs(np.arange(9) - place) <= 1
        assert np.array_equal(energy > 0, expected)


class Stop(KeyboardInterrupt):
    """At a chosen moment."""


def test_an_interruption_while_adding_keeps_the_last_whole_state(tmp_path, monkeypatch):
    file = tmp_path / "state.npz"
    add = Accumulator.add

    def torn(self, energies, units, further):
        if self.done == 3:
            self.whole = False
            self.total += energies[0]
            raise Stop
        add(self, energies, units, further)

    run = {"samples": 6, "seed": 2, "checkpoint": file}
    with monkeypatch.context() as patch:
        patch.setattr(Accumulator, "add", torn)
        patch.setattr("jaxrf.measure.state_file.SAVE_EVERY", 0.0)
        with pytest.raises(Stop):
            jaxrf.measure_erf(Net(), SHAPE, **run)
    with np.load(file) as stored:
        assert stored["done"] == 3
    resumed = jaxrf.measure_erf(Net(), SHAPE, **run)
    assert np.array_equal(resumed.map, jaxrf.measure_erf(Net(), SHAPE, samples=6, seed=2).map)
    assert not file.exists()


def test_an_interruption_before_the_first_sample_leaves_no_state(tmp_path, monkeypatch):
    def stop(*arguments):
        raise Stop

    monkeypatch.setattr(Sampler, "draw_samples", stop)
    with pytest.raises(Stop):
        jaxrf.measure_erf(Net(), SHAPE, samples=4, checkpoint=tmp_path / "state.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("takes", "pause"), [(0.1, 5.0), (10.0, 20.0)])
def test_states_are_written_as_often_as_is_cheap(takes, pause, tmp_path, monkeypatch):
    now, written = [100.0], []

    def save(self, path, fingerprint):
        written.append(now[0])
        now[0] += takes

    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("jaxrf.measure.state_file.time", clock)
    monkeypatch.setattr(Accumulator, "save", save)
    file, state = StateFile(sampler(Plan(4, 4, 0)), tmp_path / "state.npz"), Accumulator.empty((9,))
    file._saved = now[0] - 1
    file.save_now_and_then(state)
    assert not written  # there is no sample yet
    state.add(np.ones((1, 9)))
    now[0] += 0.01
    for moment in (0.0, pause - 0.1, 0.2):
        now[0] += moment
        file.save_now_and_then(state)
    assert written == pytest.approx([100.01, 100.01 + takes + pause + 0.1])


def test_fingerprints_tell_runs_apart():
    def name(model=None, plan=None, at=(4,), shape=SHAPE, **options):
        analysis = jaxrf.analyze(model or Net(), shape)
        return fingerprint(Sampler(analysis, "output", at, plan or Plan(4, 4, 0), **options))

    def captured(value):
        weights = jnp.full((3, 2, 3), value)
        return lambda x: Net().apply(weights, x)

    images = np.zeros((2, 9, 2), np.float32)
    given = np.ones((3, 2, 3), np.float32)
    names = [
        name(),
        name(Net(4)),
        name(plan=Plan(4, 4, 1)),
        name(plan=Plan(5, 5, 0)),
        name(plan=Plan(4, 2, 0)),
        name(at=(3,)),
        name(shape=(1, 10, 2)),
        name(inputs=images),
        name(inputs=images + 1),
        name(variables=given),
        name(variables=given * 2),
        name(estimator=Estimator("gaussian")),
        name(estimator=Estimator(quantity="|g|")),
        name(estimator=Estimator(normalize=True)),
        name(estimator=Estimator("exact")),
        name(estimator=Estimator("exact", channels=[0])),
        name(plan=Plan(4, 4, 0, input_seeds=1)),
        name(captured(1.0)),
        name(captured(2.0)),
        name(lambda x: x[:, ::2]),
        name(lambda x: x[:, 1::2]),
    ]
    assert len(set(names)) == len(names)
    assert name() == name(batch=2)


@pytest.mark.parametrize("dtype", ["int32", "complex64"])
def test_outputs_without_a_real_gradient(dtype):
    with pytest.raises(ModelError, match=f"got values of {dtype}, need real floating ones"):
        jaxrf.measure_erf(lambda x: x.astype(dtype), SHAPE, samples=2)


def test_gradients_that_are_not_finite():
    with pytest.raises(ModelError, match="gradient of output: got values that are not finite"):
        jaxrf.measure_erf(lambda x: x * 1e30 * 1e30, SHAPE, samples=2)
