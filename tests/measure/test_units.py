"""Independent units: distinct inputs and networks, however often each is used.

Covers: measure.plan.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.plan import Plan
from jaxrf.measure.tails import sigma_error, tails_of


class Net:
    """Three 3-wide layers with rectifiers."""

    def init(self, key, x):
        keys, counts = jax.random.split(key, 3), [x.shape[-1], 4, 4, 4]
        return [
            jax.random.normal(k, (3, a, b)) * np.sqrt(2 / (3 * a))
            for k, a, b in zip(keys, counts, counts[1:], strict=False)
        ]

    def apply(self, kernels, x):
        for n, kernel in enumerate(kernels):
            x = jax.nn.relu(x) if n else x
            x = lax.conv_general_dilated(x, kernel, (1,), "SAME", None, None, ("NWC", "WIO", "NWC"))
        return x


SHAPE = (1, 9, 2)


def photographs(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, *SHAPE[1:])).astype(np.float32)


@pytest.mark.parametrize(
    ("plan", "factors", "units"),
    [
        (Plan(8, 8, 0), ("network",), 8),
        (Plan(8, 2, 0), ("network",), 2),
        (Plan(8, 0, 0), ("input",), 8),
        (Plan(8, 1, 0), ("input",), 8),
        (Plan(8, 0, 0, given=3), ("input",), 3),
        (Plan(8, 1, 0, input_seeds=3), ("input",), 3),
        (Plan(8, 8, 0, given=3), ("input",), 3),
        (Plan(8, 4, 0, given=3), ("network", "input"), 3),
        (Plan(8, 2, 0, input_seeds=3), ("network", "input"), 2),
        (Plan(8, 8, 0, input_seeds=1), ("network",), 8),
        (Plan(8, 0, 0, given=1), ("sample",), 8),
        (Plan(8, 0, 0, given=20), ("input",), 8),
    ],
)
def test_the_unit_is_what_is_distinct(plan, factors, units):
    assert (plan.factors, plan.units) == (factors, units)
    assert sorted(i for cell in plan.cells for i in cell.samples) == list(range(8))
    for n in range(1, len(plan.cells) + 1):
        cut = plan.cut(n)
        assert cut.samples == sum(len(cell.samples) for cell in plan.cells[:n])
    for factor in range(len(factors)):  # no cell has samples of two units
        for cell in plan.cells:
            numbers = {
                "network": {i * plan.weight_seeds // plan.samples for i in cell.samples},
                "input": {i % plan.inputs for i in cell.samples},
                "sample": set(cell.samples),
            }[factors[factor]]
            assert numbers == {cell.units[factor]}


DESIGNS = {
    "given weights, 5 inputs": {"samples": 30, "given": 5, "fixed": True},
    "fresh weights, 5 inputs": {"samples": 40, "given": 5},
    "5 weight seeds": {"samples": 40, "weight_seeds": 5},
    "5 x 5": {"samples": 50, "weight_seeds": 5, "given": 5},
}


@pytest.mark.parametrize(
    "design",
    [
        pytest.param(name, marks=pytest.mark.slow if n else ())  # a small sibling always runs
        for n, name in enumerate(DESIGNS)
    ],
)
def test_stated_errors_are_the_scatter_over_fresh_units(design):
    """Repetitions with networks and inputs of their own; each traces and compiles anew."""
    options = dict(DESIGNS[design])
    given, fixed = options.pop("given", 0), options.pop("fixed", False)
    values, errors = [], []
    repeats = 10 if fixed else 24
    for seed in range(repeats):
        erf = jaxrf.measure_erf(
            Net(),
            SHAPE,
            seed=seed,
            batch=8,
            inputs=photographs(given, seed) if given else None,
            variables=Net().init(jax.random.key(7), jnp.zeros(SHAPE)) if fixed else None,
            **options,
        )
        values.append(erf.energy_radius(0.9))
        errors.append(erf.errors["energy_radius_0.9"])
    ratio = np.sqrt(np.mean(np.square(errors))) / np.std(values, ddof=1)
    assert 0.55 < ratio < 2  # independent samples would give a third


def test_an_input_given_twice_is_one_input():
    images = photographs(3)
    once = jaxrf.measure_erf(Net(), SHAPE, samples=12, weight_seeds=1, inputs=images)
    twice = jaxrf.measure_erf(Net(), SHAPE, samples=12, weight_seeds=1, inputs=images[[0, 1, 0, 2]])
    assert np.array_equal(once.map, twice.map)
    assert twice.tails.units == 3
    assert "inputs: got 4, of which 3 are distinct; each counts once" in twice.notes
    few = jaxrf.measure_erf(Net(), SHAPE, samples=2, weight_seeds=1, inputs=images)
    assert "inputs: got 3, used the first 2: as many as were sampled" in few.notes


def test_equal_units_are_worth_themselves_and_a_heavy_one_is_not():
    rows = np.ones((10, 2))
    units = np.arange(10)[:, None]
    even = tails_of(rows, units)
    assert (even.units, even.effective, even.largest) == (10, pytest.approx(10), pytest.approx(0.1))
    heavy = tails_of(rows * np.r_[1000.0, np.ones(9)][:, None], units)
    assert heavy.effective == pytest.approx(1, abs=0.05)
    assert not heavy.enough
    assert heavy.quantile(0.95) > 10 > even.quantile(0.95)


def test_the_error_of_sigma_is_the_jackknife_of_a_ratio():
    rng = np.random.default_rng(1)
    rows = np.exp(rng.normal(size=(12, 3)))
    units = np.arange(12)[:, None]
    left = [np.delete(rows, n, 0).sum(0) for n in range(12)]
    sigma = np.array([np.sqrt(s[1:] / s[0]) for s in left])
    expected = np.sqrt(11 / 12 * ((sigma - sigma.mean(0)) ** 2).sum(0))
    whole = np.sqrt(rows.sum(0)[1:] / rows.sum(0)[0])
    assert sigma_error(rows, units) == pytest.approx((expected / whole).max(), rel=0.15)
    assert sigma_error(rows[:1], units[:1]) == float("inf")


def test_cells_of_two_factors_add_both_variances():
    rng = np.random.default_rng(2)
    network, image = (g.ravel() for g in np.indices((6, 6)))
    second = 1 + 0.3 * rng.normal(size=6)[network] + 0.1 * rng.normal(size=6)[image]
    rows = np.stack([np.ones(36), second], axis=1)
    both = sigma_error(rows, np.stack([network, image], axis=1))
    alone = [sigma_error(rows, f[:, None]) for f in (network, image)]
    assert both == pytest.approx(np.hypot(*alone))
    state = Accumulator.empty((3,), factors=2)
    maps = second[:, None] * np.array([1.0, 2.0, 1.0])
    state.add(maps, list(zip(network.tolist(), image.tolist(), strict=True)))
    assert not state.single
    assert state.felt == 6
    spread = np.hypot(
        *(np.std([second[f == k].mean() for k in range(6)]) for f in (network, image))
    )
    assert state.stderr[1] == pytest.approx(2 * spread / np.sqrt(5), rel=0.4)


def test_a_model_that_comes_with_its_weights_draws_none():
    from flax import nnx

    model = nnx.Conv(2, 3, (3,), rngs=nnx.Rngs(0))
    erf = jaxrf.measure_erf(model, SHAPE, samples=6)
    assert (erf.plan.weight_seeds, erf.plan.factors, erf.tails.units) == (0, ("input",), 6)
    with pytest.raises(jaxrf.errors.InvalidInput, match="weights of this model are given"):
        jaxrf.measure_erf(model, SHAPE, samples=6, weight_seeds=2)


def test_a_precision_needs_two_good_looks_at_enough_effective_units():
    seen = []

    def stop(**options):
        return jaxrf.measure_erf(
            Net(), SHAPE, samples=400, seed=1, weight_seeds=1, precision=0.5, **options
        )

    erf = stop(batch=16, progress=lambda done, total: seen.append(done))
    assert erf.samples == seen[-1]
    assert erf.samples % 16 == 0
    assert erf.tails.effective >= 60
    assert erf.samples >= 80  # a good look at 64 at the earliest
    assert np.array_equal(stop(batch=7).map, erf.map)
    few = jaxrf.measure_erf(Net(), SHAPE, samples=48, weight_seeds=1, precision=0.5)
    assert few.samples == 48
    assert any("precision" in note for note in few.notes)
