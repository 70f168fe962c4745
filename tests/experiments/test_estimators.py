"""The experiments on estimators in small: what they compute, and what they say of it."""

import pytest

VERDICTS = {"holds", "does not hold", "undecided"}


def verdicts(numbers):
    """{claim: verdict}, after a look at every claim."""
    assert all(c["verdict"] in VERDICTS and c["source"] and c["numbers"] for c in numbers["claims"])
    return {c["claim"]: c["verdict"] for c in numbers["claims"]}


@pytest.mark.slow
def test_variance_and_bias_of_estimators(run):
    numbers = run("estimator_variance", "--quick").numbers
    rows = numbers["rows"]
    for key, row in rows.items():
        if key.endswith("; rademacher"):
            assert row["one pass"]["mean"] == row["16 passes"]["mean"] == 1
        if key.endswith("one input; hadamard"):
            assert row["16 passes"]["highest"] < 1e-6
    exact = next(v for k, v in verdicts(numbers).items() if "Hadamard rows are exact" in k)
    assert exact == "holds"


@pytest.mark.slow
def test_impulses_fold_as_theory_has_it(run):
    numbers = run("positions", "--quick").numbers
    assert [g["impulses"] for g in numbers["gain"]] == [1, 4]
    (pitch,) = numbers["pitch"]
    for value, folded, error in zip(pitch["value"], pitch["folded"], pitch["error"], strict=True):
        assert abs(value - folded) < 4 * error
    assert pitch["folded"][0] < numbers["exact"]["value"][0]  # neighbours narrow the field
    verdicts(numbers)


@pytest.mark.slow
def test_squares_depend_on_the_scale_in_the_recipe_alone(run):
    numbers = run("recipe_traps", "--quick").numbers
    (found,) = numbers["sides"].values()
    sides = [squares["0.5"]["side"] for squares in found["published"].values()]
    assert sides == sorted(sides)
    assert sides[0] < sides[-1]
    scale = next(v for k, v in verdicts(numbers).items() if k.startswith("log10"))
    assert scale == "does not hold"
