"""``compare``: which features are compared, and that every kind of disagreement is loud.

Covers: comparison.features, comparison.invariant.
"""

import dataclasses
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxrf
from jaxrf.comparison import compare as comparison
from jaxrf.comparison.compare import compare
from jaxrf.comparison.features import features
from jaxrf.errors import InvalidInput, ModelError
from jaxrf.geometry.words import window
from jaxrf.plot import report
from jaxrf.report.comparison import compared_table

NHWC = ("NHWC", "HWIO", "NHWC")


def conv(x, dilation=1, padding="SAME", size=3, stride=1):
    weights = jnp.ones((size, size, x.shape[-1], 2))
    return lax.conv_general_dilated(
        x, weights, (stride,) * 2, padding, rhs_dilation=(dilation,) * 2, dimension_numbers=NHWC
    )


def network(x):
    x = jnp.tanh(conv(x))
    x = lax.conv_general_dilated(x, jnp.ones((3, 3, 2, 2)), (1, 1), "SAME", None, (2, 2), NHWC)
    x = jnp.tanh(x)
    return conv(x) + x


def dilated_line():
    lines, first = inspect.getsourcelines(network)
    return first + next(n for n, line in enumerate(lines) if "(2, 2), NHWC" in line)


@pytest.fixture
def misses_a_tap(monkeypatch):
    """A solver that forgets the first tap of every window of dilation 2."""
    taps = window._taps_in_range

    def fewer(one, *lengths):
        return list(taps(one, *lengths))[1 if one.dilation == 2 else 0 :]

    monkeypatch.setattr(window, "_taps_in_range", fewer)


def test_features_are_corner_edge_centre_and_an_interior_one():
    analysis = jaxrf.analyze(conv, (1, 11, 9, 3))
    for seed in range(20):
        chosen = features(analysis, "output", seed=seed)
        assert list(chosen) == ["corner", "edge", "center", "random"]
        assert len(set(chosen.values())) == 4
        assert (chosen["corner"], chosen["edge"], chosen["center"]) == ((0, 0), (0, 4), (5, 4))
        y, x = chosen["random"]
        assert 1 <= y <= 9
        assert 1 <= x <= 7
    assert len({features(analysis, "output", seed=s)["random"] for s in range(20)}) > 5
    assert features(analysis, "output", seed=7) == features(analysis, "output", seed=7)


@pytest.mark.parametrize(
    ("model", "shape", "expected"),
    [
        (lambda x: conv(x, padding="VALID", size=8), (1, 8, 8, 1), {"corner": (0, 0)}),
        (lambda x: x.mean((1, 2)), (1, 8, 8, 1), {"corner": (0, 0)}),
        (lambda x: x[:, 1:], (1, 3, 1), {"corner": (0,), "edge": (1,)}),
        (lambda x: x[:, 1:], (1, 4, 1), {"corner": (0,), "edge": (2,), "center": (1,)}),
        (lambda x: x.mean(1), (1, 8, 6, 1), {"corner": (0, 0), "edge": (0, 5), "center": (0, 3)}),
        (lambda x: x.reshape(1, -1, 1), (1, 2, 3, 1), {"corner": (0, 0), "edge": (0, 1)}),
    ],
)
def test_features_of_small_flat_and_pooled_outputs(model, shape, expected):
    analysis = jaxrf.analyze(model, shape)
    chosen = features(analysis, "output")
    assert len(set(chosen.values())) == len(chosen)
    assert chosen.items() >= expected.items()
    assert [label for label in chosen if label not in expected] in (
        [],
        ["random"],
        ["center", "random"],
    )
    for at in chosen.values():
        assert analysis.position("output", at) == at


def test_a_random_feature_is_any_other_where_only_the_centre_is_inside():
    analysis = jaxrf.analyze(lambda x: conv(x, size=9), (1, 9, 9, 1))
    chosen = features(analysis, "output")
    assert chosen["center"] == (4, 4)
    assert chosen["random"] not in {(0, 0), (0, 4), (4, 4)}


def test_agreement():
    result = compare(network, (1, 14, 14, 2), samples=4)
    assert result.equal
    assert not result.failures
    assert result.first_disagreement is None
    assert result.energy_outside == 0.0
    assert result.erf.at == (7, 7)
    for _, measured in result.supports:
        assert np.array_equal(measured.support.mask, measured.exact.mask)
        assert measured.plain is not None
    assert result.to_dict()["equal"] is True


def test_a_missed_dependency_is_reported_counted_and_found(misses_a_tap):
    result = compare(network, (1, 15, 15, 2), samples=4)
    assert not result.equal
    (center,) = [m for label, m in result.supports if label == "center"]
    # 3x3, then 3x3 at dilation 2, then 3x3 beside the identity: 9 x 9, of which 7 x 7 are left
    assert (center.missing, center.excess) == (81 - 49, 0)
    assert (
        "output at (7, 7) (center): expected 49 inputs by theory, got 32 measured dependencies "
        "that theory does not have"
    ) in result.failures
    assert any("of the ERF's energy outside the support" in line for line in result.failures)
    last = result.failures[-1]
    assert last == f"first disagreement: {result.first_disagreement}"
    assert result.first_disagreement.startswith("conv_general_dilated")
    assert f"test_compare.py:{dilated_line()}:" in result.first_disagreement


def test_the_first_of_several_disagreements_is_named(misses_a_tap):
    def two(x):
        return conv(jnp.tanh(conv(jnp.tanh(conv(x)), dilation=2)), dilation=2)

    result = compare(two, (1, 15, 15, 2), samples=0)
    graph = jaxrf.analyze(two, (1, 15, 15, 2)).graph
    names = [n.name for n in graph.nodes if "conv" in n.name]
    assert len(set(names)) == 3
    assert result.first_disagreement.endswith(f", node {names[1]}")


def test_a_dependency_that_is_not_there_is_reported_too(monkeypatch):
    from jaxrf.theory import analysis as exact

    solve = exact.solve_support

    def everything(*arguments, **options):
        return np.ones_like(solve(*arguments, **options))

    monkeypatch.setattr(exact, "solve_support", everything)
    result = compare(conv, (1, 7, 7, 1), samples=0)
    assert not result.equal
    assert (
        "output at (3, 3) (center): expected 49 inputs by theory, got 40 of them that no impulse "
        "reaches"
    ) in result.failures


def test_energy_outside_the_support_is_a_failure_of_its_own(monkeypatch):
    def leaks(*arguments, **options):
        erf = comparison_erf(*arguments, **options)
        leaked = erf.map.copy()
        leaked[0, 0] = leaked.sum() / 3
        return dataclasses.replace(erf, map=leaked)

    comparison_erf = comparison.measure_erf
    monkeypatch.setattr(comparison, "measure_erf", leaks)
    result = compare(conv, (1, 9, 9, 1), samples=2)
    assert not result.equal
    assert result.energy_outside == pytest.approx(0.25)
    assert result.failures == ("output: 2.50e-01 of the ERF's energy outside the support",)


def test_the_prediction_stands_beside_the_measurement():
    fixed = compare(lambda x: conv(conv(x)), (1, 13, 13, 1), samples=2)  # known weights: no noise
    assert fixed.predicted.at == fixed.erf.at
    assert fixed.sigma_off == pytest.approx((0, 0), abs=1e-5)
    numbers = fixed.to_dict()["prediction"]
    assert numbers["sigma_off"] == fixed.sigma_off
    assert numbers["sigma"] == fixed.predicted.sigma
    assert compare(conv, (1, 9, 9, 1), samples=0).predicted is None
    assert compare(conv, (1, 9, 9, 1), samples=0).unpredicted is None


def test_assumptions_of_the_prediction_are_notes():
    kernel = jax.random.normal(jax.random.key(1), (3, 3, 1, 2))

    def captures(x):
        return lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=NHWC)

    result = compare(captures, (1, 9, 9, 1), samples=1)
    (assumption,) = result.predicted.assumptions
    assert compared_table(result).notes[-1] == f"prediction assumed: {assumption}"
    assert "given" in assumption
    assert "test_compare.py" in assumption


def test_large_networks_are_predicted_from_fewer_draws(monkeypatch):
    asked = []
    whole = comparison.predict_erf

    def counted(*arguments, draws, **options):
        asked.append(draws)
        return whole(*arguments, draws=draws, **options)

    monkeypatch.setattr(comparison, "predict_erf", counted)
    compare(conv, (1, 9, 9, 1), samples=1)
    monkeypatch.setattr(comparison, "FLOPS", 1)
    compare(conv, (1, 9, 9, 1), samples=1)
    assert asked == [comparison.DRAWS, 1]


@pytest.mark.parametrize(
    ("failure", "said"),
    [(ModelError("no gradient\nat all"), "no gradient"), (IndexError(), "IndexError")],
)
def test_a_prediction_that_fails_fails_nothing(failure, said, monkeypatch):
    def fails(*arguments, **options):
        raise failure

    monkeypatch.setattr(comparison, "predict_erf", fails)
    result = compare(conv, (1, 9, 9, 1), samples=2)
    assert result.equal
    assert not result.failures
    assert (result.predicted, result.unpredicted, result.sigma_off) == (None, said, None)
    assert result.to_dict()["prediction"] is None
    assert f"not predicted: {said}" in compared_table(result).notes
    assert report(result) is not None


def test_stages_are_told():
    told = []
    compare(conv, (1, 9, 9, 1), samples=3, progress=lambda *a: told.append(a))
    assert told[0] == ("support", 0, 4)
    assert ("support", 4, 4) in told
    assert ("erf", 3, 3) in told
    assert told[-1] == ("prediction", 1, 1)


def test_options_reach_the_measurement():
    images = np.ones((2, 9, 9, 1), np.float32)
    result = compare(conv, (1, 9, 9, 1), samples=2, inputs=images, seed=4)
    assert result.erf.inputs == "given"
    assert result.erf.plan.seed == 4
    assert compare(conv, (1, 9, 9, 1), samples=0).erf is None
    with pytest.raises(InvalidInput, match="samples: got -1"):
        compare(conv, (1, 9, 9, 1), samples=-1)
    with pytest.raises(InvalidInput, match="end-point: got 'nothing'"):
        compare(conv, (1, 9, 9, 1), endpoint="nothing")
