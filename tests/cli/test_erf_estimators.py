"""``jaxrf erf``: estimators, positions, precision and recipes on the command line.

Covers: cli.options.estimator.
"""

import json

import numpy as np
import pytest

SHAPE = ("--shape", "1,16,16,3")
COMMAND = ("erf", "@net", *SHAPE, "--samples", "4")


def document(jaxrf, *options):
    result = jaxrf(*COMMAND, *options, "-f", "json")
    assert result.code == 0, result.err
    return json.loads(result.out)


@pytest.mark.parametrize(
    ("options", "stated"),
    [
        (
            ("--cotangent", "hadamard", "--map", "abs", "--normalize", "--input-seeds", "1"),
            {
                "cotangent": "hadamard",
                "map": "|g|, normalized",
                "input_seeds": 1,
                "weight_seeds": 4,
            },
        ),
        (
            ("--cotangent", "ones", "--map", "mean", "--weight-seeds", "1"),
            {"cotangent": "ones", "map": "|mean g|", "input_seeds": 0, "weight_seeds": 1},
        ),
    ],
)
def test_what_was_asked_for_is_stated(options, stated, jaxrf):
    found = document(jaxrf, *options)
    assert {k: found[k] for k in stated} == stated
    table = jaxrf(*COMMAND, *options).out
    assert f": {stated['map']}, 4 samples" in table.replace("\n", " ")
    assert f"cotangent: {stated['cotangent']}" in table


def test_positions(jaxrf):
    found = document(jaxrf, "--positions", "4")
    assert (found["positions"], found["pitch"]) == (4, [6, 6])
    alone = jaxrf("erf", "@net", "--shape", "1,7,7,3", "--samples", "2", "--positions", "4")
    assert "positions: got 4, used 1: the image has no room" in alone.out.replace("\n", " ")


def test_sampling_ends_at_the_precision_and_the_bar_shows_it(jaxrf):
    command = ("erf", "@net", *SHAPE, "--samples", "4000", "--weight-seeds", "1", "--batch", "16")
    result = jaxrf(*command, "--precision", "0.05", "-f", "json")
    found = json.loads(result.out)
    assert found["samples"] % 16 == 0
    assert 16 <= found["samples"] < 4000
    relative = np.divide(found["stderr"]["sigma"], found["sigma"])
    assert relative.max() < 0.0501
    assert "sigma to" in result.err
    assert "%" in result.err


def test_a_recipe_stands_beside_what_is_right(jaxrf, tmp_path):
    file = tmp_path / "erf.npz"
    found = document(jaxrf, "--recipe", "replknet", "-o", file)
    assert (found["recipe"], found["map"]) == ("replknet", "relu(g)")
    assert found["published"]["center"] == [8, 8]
    assert found["right"]["center"] == [9.0, 9.0]
    assert found["published"].keys() == found["right"].keys()
    assert found["erf"]["weight_seeds"] == 1
    assert found["erf"]["samples"] == 4
    with np.load(file) as stored:
        assert stored["map"].shape == (16, 16)
    table = jaxrf(*COMMAND, "--recipe", "replknet").out
    assert "as published" in table
    assert "done right" in table
    assert "centre: the script counts about the middle of the image" in table.replace("\n", " ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cotangent", "signs"), "cotangent: got 'signs', need one of rademacher"),
        (("--map", "h"), "quantity: got 'h', need one of g^2"),
        (("--map", "mean"), "whose signs average to nothing"),
        (("--precision", "2"), "precision: got 2.0, need a share between 0 and 1"),
        (("--positions", "0"), "positions: got 0, need at least 1"),
        (("--input-seeds", "5"), "input seeds: got 5, need 1 to the number of samples 4"),
        (("--recipe", "paper"), "recipe: got 'paper', need one of luo2016"),
        (("--recipe", "vmamba", "--map", "abs"), "got --map too, which the recipe fixes"),
        (("--recipe", "vmamba", "--precision", "0.1"), "got --precision too, which the recipe"),
    ],
)
def test_one_line_for_what_cannot_be(options, words, jaxrf):
    result = jaxrf(*COMMAND, *options)
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert words in result.err
