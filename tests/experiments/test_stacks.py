"""Luo's theory in small: the scripts on stacks of convolutions, and the helpers beneath them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from jaxrf import measure_erf

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
VERDICTS = {"holds", "does not hold", "undecided"}


@pytest.fixture(scope="module")
def stacks():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXPERIMENTS)
        import _stacks

        yield _stacks
    del sys.modules["_stacks"]


def verdicts(numbers):
    """{claim: verdict}, after a look at every claim."""
    for claim in numbers["claims"]:
        assert claim.keys() == {"claim", "source", "numbers", "verdict"}
        assert claim["verdict"] in VERDICTS
        assert claim["source"]
        assert claim["numbers"]
    return {claim["claim"]: claim["verdict"] for claim in numbers["claims"]}


def test_sampled_maps_are_those_of_measure_erf(stacks):
    """Two programs, the same expectation: sigma and energy agree within their errors."""
    stack = stacks.Stack(3, width=8, rank=1)
    maps = stacks.sampled(stack, stack.shape, 200, seed=5, quantities=("g²",))["g²"]
    (sigma, *_), again = stacks.bootstrap(maps, 100, seed=1)
    erf = measure_erf(stack, stack.shape, samples=200, batch=1)
    error = np.hypot(erf.errors["sigma"][0], again[:, 0].std())
    assert sigma == pytest.approx(erf.sigma[0], abs=4 * error)
    assert error < 0.05 * sigma
    assert maps.sum(1).mean() == pytest.approx(erf.map.sum(), rel=0.3)


def test_exact_curves(stacks):
    assert stacks.trinomial(2) * 9 == pytest.approx([1, 2, 3, 2, 1])
    for depth in (1, 4, 9):
        exact = np.outer(stacks.trinomial(depth), stacks.trinomial(depth))
        sigma, kurtosis, _ = stacks.numbers_of(exact)
        assert sigma == pytest.approx(stacks.sigma_of(depth))
        assert kurtosis == pytest.approx(stacks.kurtosis_of(depth))


def test_r2_without_noise_is_that_of_the_clean_map(stacks):
    """Noisy maps of a Gaussian: R^2 falls with the noise, and is 1 without it."""
    rng = np.random.default_rng(3)
    places = np.arange(-7, 8)
    bell = np.exp(-0.5 * (places[:, None] ** 2 + places**2) / 4)
    maps = bell * rng.chisquare(1, (64, 15, 15))
    value, error = stacks.shape_of_mean(maps, 60, seed=1)
    assert stacks.gaussian_r2(bell) == pytest.approx(1)
    assert stacks.gaussian_r2(maps.mean(0)) < 0.97
    assert value == pytest.approx(1, abs=3 * error)
    assert 0.001 < error < 0.03


def test_dilations_and_taps_of_a_stack(stacks):
    stack = stacks.Stack(2, width=4, rank=1, taps=(1.0, 0.0, 1.0), dilations=(1, 3))
    assert stack.size == 9
    (energy,) = stacks.sampled(stack, stack.shape, 1, seed=0, quantities=("g²",))["g²"]
    assert (energy > 0).tolist() == [True, False, True, *[False] * 3, True, False, True]


def test_shapes(run):
    numbers = run("luo_shapes", "--quick").numbers
    for depth, found in numbers["kinds"]["uniform"].items():
        assert found["largest_relative_error"] < 1e-5
        assert found["value"]["sigma"] == pytest.approx(numbers["exact"][depth]["sigma"])
    for depth, found in numbers["kinds"]["random"].items():
        away = found["value"]["sigma"] - np.sqrt(2 * int(depth) / 3)
        assert abs(away) < 4 * found["error"]["sigma"]
    found = verdicts(numbers)
    assert (
        found["all-one kernels: the gradient is the n-fold convolution power of the box"] == "holds"
    )


def test_growth(run):
    numbers = run("growth_law", "--quick").numbers
    found = numbers["networks"]["linear"]
    exact = found["exact"]["E g²"]
    assert exact["slopes"]["sigma"] == pytest.approx(0.5)
    assert exact["slopes"]["sigma, share of r - 1"] == pytest.approx(-0.5)
    assert exact["slopes"]["sigma, share of r"] > -0.47
    for name, entry in found["maps"].items():
        fit = entry["slopes"]["sigma"]
        assert fit["interval"][0] < fit["slope"] < fit["interval"][1], name
        assert fit["error"] == pytest.approx(np.diff(fit["interval"])[0] / 4, rel=0.5)
    for slopes in numbers["limits"]["slopes"].values():
        assert abs(slopes[-1] - 0.5) < 0.005 < abs(slopes[0] - 0.5)
    sigmas = [found["maps"][name]["sigma"]["value"] for name in ("E g²", "E |g|")]
    assert 1.05 < sigmas[1][-1] / sigmas[0][-1] < np.sqrt(2)
    assert any("sigma of E g² is sqrt(2n/3)" in claim for claim in verdicts(numbers))


@pytest.mark.slow
def test_activations(run):
    numbers = run("activations", "--quick").numbers
    for found in numbers["networks"].values():
        away = found["value"]["sigma"] - numbers["exact"]["sigma"]
        assert abs(away) < 4 * found["error"]["sigma"]
        few, many = (found["groups"][k][0] for k in ("1", "4"))
        assert few < many < found["value"]["r2"]
        assert abs(found["value"]["r2"] - 1) < 4 * found["error"]["r2"]  # not biased by noise
    verdicts(numbers)


@pytest.mark.slow
def test_kernels(run):
    numbers = run("kernels", "--quick").numbers
    for name, found in numbers["stacks"].items():
        if name.startswith("flat"):
            assert np.isclose(found["flatness"], 1)
            assert found["deviation"] < 1e-4
        else:
            assert abs(found["sigma"] - found["predicted"]) < 4 * found["sigma_error"], name
    decays = [v for claim, v in verdicts(numbers).items() if "decays to its edge" in claim]
    assert decays == ["does not hold"]


def test_sums_of_variances_by_hand(stacks):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXPERIMENTS)
        from architecture import predicted
    assert predicted("plain", 6) == pytest.approx(np.sqrt(4))
    assert predicted("dilation", 6) == pytest.approx(np.sqrt(2 / 3 * (4 + 2 * 4)))
    assert predicted("stride 2", 6) == pytest.approx(np.sqrt(2 / 3 * (5 + 4)))
    assert predicted("max pooling", 6) == pytest.approx(np.sqrt(2 / 3 * (4 + 2 * 4) + 1 / 4))
    assert predicted("skip, gain 2", 6) == pytest.approx(np.sqrt(4 * 4 / 5))


@pytest.mark.slow
def test_architecture(run):
    numbers = run("architecture", "--quick").numbers
    networks = numbers["networks"]
    for name, found in networks.items():
        assert abs(found["sigma"] - found["predicted"]) < 4 * found["sigma_error"], name
    assert networks["skip, gain 1"]["sigma"] < networks["plain"]["sigma"]
    assert networks["skip, gain 1"]["r"] == networks["plain"]["r"] == 7
    verdicts(numbers)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["stride 2", "average pooling", "max pooling", "dilation"])
def test_subsampling_by_the_sum_of_variances(variant, stacks):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXPERIMENTS)
        import architecture
    found = architecture.measured(variant, 64, 8, 96, 6)
    assert abs(found["sigma"] - found["predicted"]) < 4 * found["sigma_error"]
    assert found["r"] > 2 * 6 + 1
