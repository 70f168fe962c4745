"""The field at every position against single measurements, checkerboards, dead pixels, borders.

Covers: measure.field_grid.records, measure.field_grid.output_positions,
measure.field_grid.prediction, measure.field_grid.result, measure.field_grid.sampler.
"""

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.measure.field_grid.measure import DRAWS
from jaxrf.measure.field_grid.output_positions import positions_of


class Net(nn.Module):
    """Two layers, the second with a stride."""

    @nn.compact
    def __call__(self, x):
        return nn.Conv(3, (3, 3), 2)(nn.tanh(nn.Conv(4, (3, 3))(x)))


class Up(nn.Module):
    """A transposed convolution of 3 taps at stride 2."""

    @nn.compact
    def __call__(self, x):
        return nn.ConvTranspose(2, (3,), (2,))(x)


class Around(nn.Module):
    """Circular padding: no position is at a border."""

    @nn.compact
    def __call__(self, x):
        return nn.Conv(2, (3,), padding="CIRCULAR")(
            nn.relu(nn.Conv(4, (3,), padding="CIRCULAR")(x))
        )


FIXED = {"weight_seeds": 1, "samples": 5, "seed": 2}


@pytest.fixture(scope="module")
def found():
    return jaxrf.measure_grid(Net(), (1, 7, 8, 2), **FIXED)


@pytest.mark.parametrize("at", [(0, 0), pytest.param((3, 3), marks=pytest.mark.slow)])
def test_every_position_is_a_measurement_there(at, found):
    one = jaxrf.measure_erf(Net(), (1, 7, 8, 2), at=at, **FIXED)
    assert found.energy.shape == (4, 4)
    assert found.energy[at] == pytest.approx(one.map.sum(), rel=1e-5)
    assert found.sigma[at] == pytest.approx(one.sigma, rel=1e-4)
    assert found.center[at] == pytest.approx(one.center)
    whole = [np.arange(n) @ one.map.sum(1 - a) / one.map.sum() for a, n in enumerate(one.map.shape)]
    assert found.centroid[at] == pytest.approx(whole, rel=1e-4)
    assert found.array("sigma", found.errors)[at] == pytest.approx(one.errors["sigma"], rel=0.05)


def test_what_is_read_is_the_sum_of_all_maps():
    shape = (1, 4, 2, 2)
    found = jaxrf.measure_grid(Net(), shape, predict=False, **FIXED)
    maps = [jaxrf.measure_erf(Net(), shape, at=(y, 0), **FIXED).map for y in range(2)]
    assert found.energy.shape == (2, 1)
    assert found.read == pytest.approx(sum(maps), rel=1e-4)


def test_batches_agree(found):
    other = jaxrf.measure_grid(Net(), (1, 7, 8, 2), batch=1, predict=False, **FIXED)
    assert other.vector == pytest.approx(found.vector, rel=1e-4, abs=1e-6)
    assert other.predicted is None


def test_a_transposed_convolution_has_its_checkerboard():
    found = jaxrf.measure_grid(Up(), (1, 12, 3), samples=400)
    assert (found.positions.period, found.positions.shift) == ((2,), (1,))
    # three taps over two phases: one output reads two inputs, its neighbour one
    assert sorted(found.predicted["outputs"]) == pytest.approx([2 / 3, 4 / 3])
    off = np.subtract(found.numbers["outputs"], found.predicted["outputs"])
    assert np.abs(off / found.errors["outputs"]).max() < 4
    assert found.residues["inputs"].tolist() == [1.0]


def test_a_strided_convolution_of_three_taps_reads_every_other_pixel_twice():
    class Down(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Conv(2, (3,), 2)(x)

    found = jaxrf.measure_grid(Down(), (1, 16, 2), samples=8)
    assert (found.positions.period, found.positions.shift) == ((1,), (2,))
    assert sorted(found.predicted["inputs"]) == pytest.approx([2 / 3, 4 / 3])


def test_dead_pixels_of_a_strided_1x1():
    class Sparse(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Conv(2, (1, 1), 2)(x)

    found = jaxrf.measure_grid(Sparse(), (1, 6, 6, 2), samples=2)
    unread = jaxrf.analyze(Sparse(), (1, 6, 6, 2)).unread()
    assert np.array_equal(found.dead, unread.mask)
    assert found.dead.sum() == 27
    assert found.residues["inputs"].ravel().tolist() == [4.0, 0.0, 0.0, 0.0]


def test_circular_padding_is_flat():
    found = jaxrf.measure_grid(Around(), (1, 10, 2), samples=256)
    expected = found.array("energy", found.predicted)
    assert expected == pytest.approx(expected.mean(), rel=0.3)  # gates are those of a few draws
    off = (found.energy - found.energy.mean()) / found.array("energy", found.errors)
    assert np.abs(off).max() < 4


def test_zero_padding_costs_energy_and_turns_the_field_inwards():
    class Plain(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Conv(4, (3, 3))(nn.Conv(4, (3, 3))(x))

    found = jaxrf.measure_grid(Plain(), (1, 9, 9, 4), samples=48)
    assert found.groups == ("interior", "border", "corner")
    for name, least in (("border", 0.5), ("corner", 0.4)):
        measured, expected = (n[f"{name}_energy"][0] for n in (found.numbers, found.predicted))
        assert least < expected < 1
        assert abs(measured - expected) < 4 * found.errors[f"{name}_energy"][0]
        assert min(found.predicted[f"{name}_shift"]) > 0
    assert found.predicted["interior_shift"] == pytest.approx((0, 0), abs=1e-6)
    edge = found.array("energy", found.predicted)
    assert edge[0, 4] / edge[4, 4] == pytest.approx(5 / 9)  # of 3 + 3 + 3 paths, 2 + 3 are left


def test_positions_that_read_nothing():
    found = jaxrf.measure_grid(lambda x: jnp.pad(x, ((0, 0), (2, 0), (0, 0))), (1, 4, 1), samples=2)
    assert found.energy.tolist() == [0, 0, 1, 1, 1, 1]
    assert np.isnan(found.sigma[:2]).all()
    assert found.sigma[2:].ravel().tolist() == [0.0] * 4


def test_a_product_is_predicted_one_position_after_another():
    class Attention(nn.Module):
        @nn.compact
        def __call__(self, x):
            q, k, v = (nn.Dense(3)(x) for _ in range(3))
            return nn.softmax(q @ k.transpose(0, 2, 1)) @ v

    found = jaxrf.measure_grid(Attention(), (1, 3, 3), samples=1)
    one = jaxrf.predict_erf(Attention(), (1, 3, 3), at=(2,), draws=DRAWS)
    assert found.array("energy", found.predicted)[2] == pytest.approx(one.map.sum(), rel=1e-6)


def test_every_other_position_and_too_many():
    found = jaxrf.measure_grid(Net(), (1, 7, 8, 2), step=2, **FIXED)
    assert found.positions.indices[0].tolist() == [0, 2]
    with pytest.raises(InvalidInput, match="step: got 0"):
        jaxrf.measure_grid(Net(), (1, 7, 8, 2), step=0, **FIXED)
    with pytest.raises(InvalidInput, match="got 40000.*--step N"):
        positions_of(jaxrf.analyze(lambda x: x, (1, 200, 200, 1)), "output")


def test_an_interrupted_run_goes_on(tmp_path, found):
    state = tmp_path / "state.npz"

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jaxrf.measure_grid(Net(), (1, 7, 8, 2), progress=stop, checkpoint=state, **FIXED)
    again = jaxrf.measure_grid(Net(), (1, 7, 8, 2), checkpoint=state, predict=False, **FIXED)
    assert np.array_equal(again.vector, found.vector)
    assert not state.exists()


def test_given_weights_are_not_predicted():
    import jax

    weights = Net().init(jax.random.key(0), jnp.ones((1, 7, 8, 2)))
    found = jaxrf.measure_grid(Net(), (1, 7, 8, 2), variables=weights, samples=2)
    assert found.predicted is None
    assert "nothing is predicted" in found.notes[0]


def test_tokens_are_a_grid_and_a_single_output_is_one_position():
    class Tokens(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(2)(nn.Conv(2, (2, 2), 2)(x).reshape(1, -1, 2))

    assert jaxrf.measure_grid(Tokens(), (1, 4, 6, 1), samples=1).energy.shape == (2, 3)
    whole = jaxrf.measure_grid(lambda x: x.mean((1, 2)), (1, 4, 6, 1), samples=1)
    assert whole.energy.shape == (1, 1)
    assert whole.groups == ("interior",)
    assert whole.center.ravel().tolist() == [1.5, 2.5]
