"""The scripts on perturbation and on path length: what they compute from maps, and a quick run."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


@pytest.fixture(scope="module", params=["perturbation", "path_length"])
def script(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXPERIMENTS)
        yield importlib.import_module(request.param)
        del sys.modules[request.param]


def one(script, name):
    if script.__name__ != name:
        pytest.skip("of the other script")
    return script


def test_correlations_are_corrected_for_noise(script):
    """Two kinds of the same map with noise of their own: raw below one, over the ceiling one."""
    perturbation = one(script, "perturbation")
    rng = np.random.default_rng(0)
    units, cells, kinds = 40, 200, 1 + len(perturbation.AMPLITUDES)
    shape = np.exp(-(np.linspace(-2, 2, cells) ** 2))
    own = np.exp(0.5 * rng.standard_normal((units, cells)))  # of each network
    noise = np.exp(0.5 * rng.standard_normal((kinds, units, 2, cells)))
    found = {
        "halves": shape * own[:, None] * noise,
        "squares": np.linspace(-2, 2, cells) ** 2,
        "sizes": np.ones(cells),
    }
    for row in perturbation.compared(found):
        for measure in (perturbation.RANK, perturbation.BEYOND):
            assert row[measure]["raw"] < 0.9
            assert row[measure]["value"] == pytest.approx(1, abs=4 * row[measure]["error"])
            assert row[measure]["error"] < 0.05
        assert row[perturbation.SIGMA]["value"] == pytest.approx(1, abs=0.1)
    found["halves"][1:] = shape * np.exp(0.5 * rng.standard_normal((kinds - 1, units, 2, cells)))
    assert np.isnan(perturbation.compared(found)[0][perturbation.BEYOND]["value"])  # all is noise


def test_estimates_without_a_clear_ceiling_are_left_out(script):
    perturbation = one(script, "perturbation")
    rows = [
        {"amplitude": a, "rank": {"value": v, "error": 0.01, "count": 20}}
        for a, v in ((1.0, 0.99), (1.0, float("nan")), (3.0, 0.5))
    ]
    found = perturbation.estimates({"net": rows}, (1.0,), "rank")
    assert [(e.name, e.value, e.count) for e in found] == [("net at 1 sd", 0.99, 20)]


def test_closed_forms_of_path_lengths(script):
    path_length = one(script, "path_length")
    depth = 8
    for family in path_length.FAMILIES:
        share = path_length.expected_share(family, depth)
        assert share.sum() == pytest.approx(1)
        assert len(share) == depth + 1
    mean = np.arange(depth + 1) @ path_length.expected_share("normalised", depth)
    assert mean == pytest.approx((1 / np.arange(2, depth + 2)).sum())
    assert np.arange(depth + 1) @ path_length.expected_share("scaled", depth) == pytest.approx(
        8 / 9
    )


@pytest.mark.slow  # its small siblings are the ones above
@pytest.mark.parametrize("name", ["perturbation", "path_length"])
def test_a_quick_run(name, run):
    done = run(name, "--quick")
    verdicts = {c["claim"]: c["verdict"] for c in done.numbers["claims"]}
    assert verdicts
    assert set(verdicts.values()) <= {"holds", "does not hold", "undecided"}
    assert (done.out / f"{name}.png").stat().st_size > 5000
