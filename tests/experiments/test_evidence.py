"""The rules by which claims are decided: known probabilities, errors under the null, symmetry."""

import numpy as np
import pytest
from scipy import stats

from jaxrf.errors import InvalidInput
from jaxrf.experiments.claims import Claim, decide
from jaxrf.experiments.evidence import Band, Estimate, Law, difference, exact, mean_of, ratio

A = Estimate("a", 1.0, 0.5, 6)
OUTCOMES = ("holds", "does not hold", "undecided")


def verdict(evidence):
    return decide([Claim("x", "here", evidence)])[0]["verdict"]


def test_a_direction_is_students_test():
    values = np.array([0.3, 1.1, 0.7, 1.9, -0.2])
    known = stats.ttest_1samp(values, 0.0).pvalue
    above = Band((mean_of("x", values),), low=0.0)
    assert above.p_holds == pytest.approx(known)
    assert above.p_fails == 1.0
    interval = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert above.estimates[0].interval() == pytest.approx(interval)


@pytest.mark.parametrize("center", [-3.0, -1.9, -1.0, 0.0, 0.6, 1.1, 2.2])
def test_one_number_is_decided_by_its_interval(center):
    """Equivalence: inside the band, outside, or across an end of it."""
    found = Estimate("x", center, 0.3, 8)
    low, high = found.interval()
    expected = "holds" if low > -1 and high < 1 else "undecided"
    expected = "does not hold" if low > 1 or high < -1 else expected
    assert verdict(Band((found,), -1.0, 1.0)) == expected


def test_all_have_to_be_inside_and_some_one_outside_is_enough():
    inside, outside, wide = (Estimate("x", v, e, 50) for v, e in ((0, 0.1), (3, 0.1), (0, 2)))
    assert verdict(Band((inside, inside), -1, 1)) == "holds"
    assert verdict(Band((inside, wide), -1, 1)) == "undecided"
    assert verdict(Band((wide, outside), -1, 1)) == "does not hold"
    assert verdict((Band((inside,), -1, 1), Band((outside,), low=5))) == "does not hold"
    one = Band((Estimate("x", 1.5, 0.2, 50),), -1, 1)
    assert Band((*one.estimates, inside), -1, 1).p_fails == pytest.approx(2 * one.p_fails)


def test_chi_squared_of_many_units_is_the_usual_one():
    values, errors, truths = [1.1, 2.3, 2.9], [0.1, 0.2, 0.1], [1.0, 2.0, 3.0]
    found = Law(
        [Estimate("x", v, e, 10**6) for v, e in zip(values, errors, strict=True)], truths, 1
    )
    chi2 = sum(((v - t) / e) ** 2 for v, e, t in zip(values, errors, truths, strict=True))
    assert found.chi2 == pytest.approx(chi2, rel=1e-4)
    assert found.p_fails == pytest.approx(stats.chi2.sf(chi2, 3), rel=1e-3)


def test_a_law_needs_numbers_that_are_exact_enough():
    """Noise agrees with every law, and supports none."""
    sharp, noisy, off = (Estimate("x", v, e, 64) for v, e in ((1.0, 0.01), (1.0, 1.0), (1.1, 0.01)))
    assert verdict(Law((sharp, sharp), (1.0, 1.0), 0.05)) == "holds"
    assert verdict(Law((sharp, noisy), (1.0, 1.0), 0.05)) == "undecided"
    assert verdict(Law((sharp, off), (1.0, 1.0), 0.5)) == "does not hold"


def test_exact_numbers_are_decided_and_unknown_ones_are_not():
    assert verdict(Band((exact("x", 0.5),), 0, 1)) == "holds"
    assert verdict(Band((exact("x", 1.5),), 0, 1)) == "does not hold"
    assert verdict(Band((exact("x", np.nan),), 0, 1)) == "undecided"
    for error in (0.0, np.nan, np.inf):
        unknown = Estimate("x", 5.0, error, 8)
        assert verdict(Band((unknown,), 0, 1)) == "undecided"
        assert "no spread" in unknown.text
    assert mean_of("x", [2.0, 2.0]).known is False


def test_differences_and_ratios_carry_errors_and_the_fewer_units():
    b = Estimate("b", 2.0, 0.4, 4)
    less, over = difference("a - b", A, b), ratio("a / b", A, b)
    assert (less.value, less.error, less.count) == (-1.0, pytest.approx(np.hypot(0.5, 0.4)), 4)
    assert (over.value, over.error) == (0.5, pytest.approx(0.5 * np.hypot(0.5, 0.2)))
    assert difference("a - 1", A, exact("one", 1.0)).count == 6


def test_numbers_say_estimate_interval_probability_units_and_count():
    found = decide([Claim("x", "here", Band((Estimate("σ", 2.0, 0.1, 20),), 1.0, 3.0), "also")])
    assert found == [
        {
            "claim": "x",
            "source": "here",
            "numbers": "also; σ: 2.00 [1.79, 2.21]; between 1 and 3; n = 20 networks; p = 5.3e-09",
            "verdict": "holds",
        }
    ]
    law = Law((exact("a", 1.0), Estimate("b", 2.0, 0.1, 5, "seeds")), (1.0, 2.1), (0.1, 0.2))
    assert law.text == (
        "a: 1 for 1, b: 2.00 [1.72, 2.28] for 2.1; chi² 0.8 of 2; within ±0.1 to 0.2; n = 5 seeds"
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Claim("x", "here", True),
        lambda: Claim("x", "here", ()),
        lambda: Claim("x", "here", (Band((A,), 0), np.bool_(True))),
        lambda: Band((A,), 1.0, 1.0),
        lambda: Band((), 0.0),
        lambda: Law((A,), (1.0, 2.0), 0.1),
        lambda: Law((A,), (1.0,), 0.0),
        lambda: Estimate("x", 1.0, 0.1, 1),
        lambda: Estimate("x", 1.0, 0.1, None),
    ],
)
def test_no_verdict_can_be_stated_and_no_rule_left_open(make):
    with pytest.raises(InvalidInput, match="needed"):
        make()


def simulated(truths, evidence, units, runs, seed):
    """[runs, claims] verdicts of families of claims about means of ``units`` normal numbers."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(runs):
        drawn = rng.normal(np.asarray(truths)[:, None], 1.0, (len(truths), units))
        means = [mean_of("x", row) for row in drawn]
        claims = [Claim("x", "here", e) for e in evidence(means)]
        found.append([OUTCOMES.index(c["verdict"]) for c in decide(claims)])
    return np.array(found)


RUNS = 1000
MARGIN = 3 * (0.05 * 0.95 / RUNS) ** 0.5  # of a rate of 5 % over the runs


@pytest.mark.parametrize("units", [3, 12])
def test_a_script_is_wrong_in_one_of_twenty_at_most(units):
    """At the edge of every claim, where any verdict is wrong, of directions and of bands."""

    def evidence(means):
        return [Band((m,), low=0.0) for m in means[:4]] + [Band((m,), 0, 50) for m in means[4:]]

    found = simulated([0.0] * 8, evidence, units, RUNS, seed=units)
    assert (found != 2).any(1).mean() < 0.05 + MARGIN


def test_true_claims_beside_clear_ones_are_seldom_denied():
    """Step-down: what is decided rightly does not use up the error of the rest."""

    def evidence(means):
        clear, edge = means[:3], means[3:]
        law = Law(tuple(edge), (0.0,) * len(edge), 0.01)  # true, and too exact to be shown
        return [Band((m,), low=0.0) for m in clear] + [Band((m,), low=0.0) for m in edge] + [law]

    found = simulated([9.0] * 3 + [0.0] * 3, evidence, 6, RUNS, seed=0)
    assert (found[:, :3] == 0).mean() > 0.99
    assert (found[:, 3:] != 2).any(1).mean() < 0.05 + MARGIN


def test_to_deny_is_as_hard_as_to_hold():
    """The mirror image of the numbers has the mirror image of the verdict."""
    rng = np.random.default_rng(7)
    names = {"holds": "does not hold", "does not hold": "holds", "undecided": "undecided"}
    seen = set()
    for _ in range(60):
        found = mean_of("x", rng.normal(rng.normal(), 1.0, 8))
        mirrored = Estimate("x", -found.value, found.error, found.count)
        one, other = (verdict(Band((e,), low=0.0)) for e in (found, mirrored))
        assert other == names[one]
        seen.add(one)
    assert seen == set(names)
