"""The exact sum over channels against separate backward passes, Hadamard cycles and scatter.

Covers: measure.channel_fields, measure.field_location.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.errors import InvalidInput
from jaxrf.measure import channel_sampler
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.channel_fields import channel_fields
from jaxrf.measure.checkpoint import Checkpoint
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.field_location import field_location
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler
from tests.helpers.stacks import RandomNet, conv

SHAPE = (1, 9, 7, 2)
IMAGES = np.random.default_rng(1).standard_normal((5, *SHAPE[1:])).astype(np.float32)
AT = (4, 3)


class ReluNet(RandomNet):
    """Rectified between its layers, so that every image has a field of its own."""

    def apply(self, params, x):
        for n, weights in enumerate(params):
            x = conv(jax.nn.relu(x) if n else x, weights)
        return x


@pytest.fixture(scope="module")
def net():
    model = ReluNet(3, 5)
    return model, model.init(jax.random.key(5), jnp.zeros(SHAPE))


@pytest.fixture(scope="module")
def jacobians(net):
    """[images, C, *SHAPE[1:]], one backward pass at a time."""
    model, variables = net
    found = []
    for image in IMAGES:
        _, back = jax.vjp(lambda x: model.apply(variables, x), image[None])
        ones = [jnp.zeros((1, 9, 7, 5)).at[(0, *AT, c)].set(1.0) for c in range(5)]
        found.append([np.asarray(back(one)[0][0], np.float64) for one in ones])
    return np.array(found)


def exact(net, samples=5, seed=0, **options):
    model, variables = net
    return jaxrf.measure_erf(
        model,
        SHAPE,
        samples=samples,
        inputs=IMAGES,
        variables=variables,
        estimator=Estimator("exact", **options),
        seed=seed,
    )


@pytest.mark.parametrize("gradients", [channel_sampler.GRADIENTS, 2 * 9 * 7 * 2])
def test_the_sum_of_separate_passes(gradients, net, jacobians, monkeypatch):
    """In one call, and two channels in each, of which the last has but one."""
    monkeypatch.setattr(channel_sampler, "GRADIENTS", gradients)
    erf = exact(net)
    energies = np.square(jacobians).sum(-1)
    units = energies.sum(1)
    assert erf.map == pytest.approx(units.mean(0), rel=1e-4, abs=1e-12)
    assert erf.stderr == pytest.approx(units.std(0, ddof=1) / 5**0.5, rel=1e-3, abs=1e-9)
    fields = erf.channels
    mean = energies.mean(0)
    total = mean.sum((1, 2))
    y, x = np.arange(9.0), np.arange(7.0)
    centroid = np.stack([mean.sum(2) @ y / total, mean.sum(1) @ x / total], 1)
    second = [
        mean.sum(2) @ (y - erf.center[0]) ** 2 / total,
        mean.sum(1) @ (x - erf.center[1]) ** 2 / total,
    ]
    assert fields.index.tolist() == list(range(5))
    assert fields.maps is None
    assert fields.energy == pytest.approx(total, rel=1e-4)
    assert fields.share.sum() == pytest.approx(1)
    assert fields.centroid == pytest.approx(centroid, rel=1e-4)
    assert fields.sigma == pytest.approx(np.sqrt(second).T, rel=1e-4)
    about = np.sqrt(np.array(second).T - (centroid - erf.center) ** 2)
    assert fields.sigma_centroid == pytest.approx(about, rel=1e-4)
    assert erf.sigma == pytest.approx(
        np.sqrt(fields.share @ fields.sigma**2), rel=1e-9
    )  # channels add up


def test_chosen_channels_alone_are_summed_and_their_maps_kept(net, jacobians):
    erf = exact(net, channels=[3, 1])
    energies = np.square(jacobians).sum(-1)[:, [3, 1]]
    assert erf.map == pytest.approx(energies.sum(1).mean(0), rel=1e-4, abs=1e-12)
    assert erf.channels.index.tolist() == [3, 1]
    assert erf.channels.maps == pytest.approx(energies.mean(0), rel=1e-4, abs=1e-12)
    error = energies.std(0, ddof=1) / 5**0.5
    assert erf.channels.maps_stderr == pytest.approx(error, rel=1e-3, abs=1e-9)


def test_magnitudes_and_shares(net, jacobians):
    assert exact(net, quantity="|g|").map == pytest.approx(
        np.abs(jacobians).sum((1, -1)).mean(0), rel=1e-4, abs=1e-12
    )
    energies = np.square(jacobians).sum(-1)
    shares = energies / energies.sum((1, 2, 3), keepdims=True)
    erf = exact(net, normalize=True, channels=range(5))
    assert erf.map == pytest.approx(shares.sum(1).mean(0), rel=1e-4, abs=1e-12)
    assert erf.channels.maps == pytest.approx(shares.mean(0), rel=1e-4, abs=1e-12)
    assert erf.channels.energy.sum() == pytest.approx(1)


def test_a_cycle_of_hadamard_rows_has_the_same_mean(net):
    """Five channels, a cycle of eight rows: eight passes for five, at one image."""
    model, variables = net
    one = {"inputs": IMAGES[:1], "variables": variables}
    cycle = jaxrf.measure_erf(model, SHAPE, samples=8, estimator=Estimator("hadamard"), **one)
    found = jaxrf.measure_erf(model, SHAPE, samples=1, estimator=Estimator("exact"), **one)
    assert found.map == pytest.approx(cycle.map, rel=1e-4, abs=1e-12)


def test_the_errors_are_those_of_the_scatter_over_images():
    """24 sets of 32 images: the standard deviation of every number over sets is its error."""
    net = ReluNet(2, 4, rank=1)
    shape = (1, 9, 2)
    variables = net.init(jax.random.key(0), jnp.zeros(shape))
    images = np.random.default_rng(0).standard_normal((24 * 32, 9, 2)).astype(np.float32)
    analysis = jaxrf.analyze(net, shape)
    name, at, plan = analysis.names[-1], (4,), Plan(len(images), 0, 0, given=len(images))
    location = field_location(analysis, name, at)
    signs = Sampler(analysis, name, at, plan, images, variables, 4, Estimator("exact"))
    drawn, _ = channel_sampler.exact_sampler(signs, location)
    found, stated = [], []
    for unit in range(24):
        energies, parts = drawn.draw_samples(variables, range(32 * unit, 32 * (unit + 1)))
        state = Accumulator.empty((9,), location.crop, seed=unit)
        state.add(energies, None, parts)
        fields = channel_fields(state, drawn.channels, location.center)
        found.append([fields.energy, fields.share, fields.sigma[:, 0], fields.centroid[:, 0]])
        errors = fields.errors
        stated.append(
            [errors["energy"], errors["share"], errors["sigma"][:, 0], errors["centroid"][:, 0]]
        )
    ratio = np.std(found, 0, ddof=1) / np.sqrt(np.mean(np.square(stated), 0))
    assert ratio.shape == (4, 4)
    assert 0.85 < np.sqrt(np.mean(ratio**2)) < 1.15
    assert ((ratio > 0.6) & (ratio < 1.5)).all()


def test_a_second_sample_of_the_same_pair_is_not_taken(net):
    model, variables = net
    erf = exact(net, samples=12)
    assert erf.samples == 5
    assert erf.notes[0] == "samples: got 12, used 5: there are 5 inputs, each exact"
    estimator = Estimator("exact", channels=[0])
    drawn = jaxrf.measure_erf(
        model, SHAPE, samples=12, weight_seeds=2, input_seeds=3, estimator=estimator
    )
    assert (drawn.samples, drawn.plan.units) == (6, 2)
    assert "6 pairs of network and input" in drawn.notes[0]
    fresh = jaxrf.measure_erf(model, SHAPE, samples=6, variables=variables, estimator=estimator)
    assert (fresh.samples, len(fresh.notes)) == (6, 1)  # that it was run cut


def test_networks_are_units_as_with_signs(net):
    """The mean over inputs of a network is one unit; a network drawn alone is the same."""
    model, _ = net
    both = [
        jaxrf.measure_erf(
            model, SHAPE, samples=6, weight_seeds=2, inputs=IMAGES[:3], seed=7, estimator=e
        )
        for e in (Estimator("exact"), Estimator("hadamard"))
    ]
    assert both[0].plan.units == both[1].plan.units == 2
    assert both[0].map.sum() == pytest.approx(both[1].map.sum(), rel=0.5)
    assert (both[0].channels.errors["energy"] > 0).all()


def test_an_interrupted_run_goes_on(net, tmp_path):
    model, variables = net
    analysis, file = jaxrf.analyze(model, SHAPE, variables=variables), tmp_path / "state.npz"
    common = {
        "at": AT, "samples": 5, "seed": 3, "inputs": IMAGES,
        "checkpoint": Checkpoint(file, keep=True), "estimator": Estimator("exact", channels=[0, 4]),
    }  # fmt: skip
    whole = jaxrf.measure_erf(analysis, progress=None, **common)
    file.unlink()
    told = []

    def stop(done, total):
        told.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jaxrf.measure_erf(analysis, progress=stop, **common)
    again = jaxrf.measure_erf(analysis, progress=lambda *at: told.append(at), **common)
    assert told == [(n, 5) for n in (1, 2, 3, 4, 5)]  # one image at a time, none twice
    assert json.dumps(again.to_dict()) == json.dumps(whole.to_dict())
    for name, array in whole.channels.arrays().items():
        np.testing.assert_array_equal(again.channels.arrays()[name], array)


def test_axes_that_are_not_spatial_count_as_one():
    """Heads and channels of [1, 3, 7, 2]; the feature of head h, channel c is 2 h + c."""
    scale = jnp.arange(1.0, 7.0).reshape(3, 1, 2)
    model = lambda x: x[:, None, :, :1] * scale  # noqa: E731
    erf = jaxrf.measure_erf(
        model,
        (1, 7, 1),
        samples=2,
        inputs=np.ones((2, 7, 1)),
        estimator=Estimator("exact", channels=range(6)),
    )
    assert erf.channels.energy == pytest.approx(np.arange(1, 7) ** 2)
    assert erf.map[3] == pytest.approx((np.arange(1, 7) ** 2).sum())


def test_a_dead_channel_has_no_field():
    weights = jnp.array([[[1.0, 0.0, 2.0]]])
    erf = jaxrf.measure_erf(
        lambda x: conv(x, weights), (1, 5, 1), samples=3, estimator=Estimator("exact")
    )
    assert erf.channels.energy.tolist() == [1.0, 0.0, 4.0]
    assert np.isnan(erf.channels.sigma[1]).all()
    assert sorted(erf.channels.order.tolist()) == [0, 2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cotangent": "exact", "quantity": "mean g"}, r"'mean g'.*need g\^2 or \|g\|"),
        ({"cotangent": "exact", "quantity": "relu(g)"}, r"need g\^2 or \|g\|"),
        ({"cotangent": "exact", "positions": 4}, "positions: got 4.*need 1"),
        ({"channels": [1]}, "rademacher, which mixes all; need the cotangent exact"),
        ({"cotangent": "exact", "channels": [1, 1]}, "got 1, 1, need different"),
        ({"cotangent": "exact", "channels": [-1]}, "from 0 on"),
        ({"cotangent": "exact", "channels": []}, "got none"),
    ],
)
def test_what_does_not_go_together(options, words):
    with pytest.raises(InvalidInput, match=words):
        Estimator(**options)


def test_channels_that_are_not_there_and_too_many_to_keep(net, monkeypatch):
    with pytest.raises(InvalidInput, match="got 5, need 0 to 4"):
        exact(net, channels=[0, 5])
    monkeypatch.setattr(channel_sampler, "KEPT", 2 * 63)
    with pytest.raises(InvalidInput, match="got 3, whose maps are kept, need at most 2"):
        exact(net, channels=[0, 1, 2])


def test_the_widest_and_the_narrowest_channels_are_listed():
    from jaxrf.report.channels import channel_table

    taps = np.zeros((25, 1, 12), np.float32)
    for c in range(12):  # channel c: two taps c pixels from the centre
        taps[[12 - c, 12 + c], 0, c] = 1.0
    model = lambda x: conv(x, jnp.array(taps))  # noqa: E731
    erf = jaxrf.measure_erf(model, (1, 25, 1), samples=2, estimator=Estimator("exact"))
    table = channel_table(erf, most=2)
    assert [row[0] for row in table.rows] == ["11", "10", "...", "1", "0"]
    assert table.rows[0][-1] == "11 ± 0"
    assert "the 2 widest and the 2 narrowest of 12 channels" in table.notes
    plain = jaxrf.measure_erf(model, (1, 25, 1), samples=2)
    with pytest.raises(InvalidInput, match="cotangent exact"):
        channel_table(plain)


def test_networks_and_inputs_that_are_both_units_have_errors_of_both(monkeypatch):
    """Two networks at three inputs: cells of a table, whose variances over rows and columns add."""
    estimator = Estimator("exact", channels=[1, 0])
    options = {"samples": 6, "weight_seeds": 2, "inputs": IMAGES[:3], "seed": 4}
    erf = jaxrf.measure_erf(ReluNet(1, 3), SHAPE, estimator=estimator, **options)
    assert (erf.plan.factors, erf.plan.units) == (("network", "input"), 2)
    drawn = []
    draw_samples = channel_sampler.ChannelSampler.draw_samples

    def kept(self, variables, samples):
        drawn.append(draw_samples(self, variables, samples)[1]["numbers"][0])
        return draw_samples(self, variables, samples)

    monkeypatch.setattr(channel_sampler.ChannelSampler, "draw_samples", kept)
    jaxrf.measure_erf(ReluNet(1, 3), SHAPE, estimator=estimator, **options)
    energy = np.array(drawn)[:, :, 0].reshape(2, 3, 2)  # [networks, inputs, channels]
    variance = energy.mean(1).var(0, ddof=1) / 2 + energy.mean(0).var(0, ddof=1) / 3
    assert erf.channels.errors["energy"] == pytest.approx(np.sqrt(variance), rel=1e-6)
    assert (erf.channels.maps_stderr[erf.channels.maps > 0] > 0).any()
    monkeypatch.setattr(channel_sampler, "KEPT", 63 * channel_sampler.ARRAYS)
    with pytest.raises(InvalidInput, match="need at most 1 of this size"):
        jaxrf.measure_erf(ReluNet(1, 3), SHAPE, estimator=estimator, **options)
