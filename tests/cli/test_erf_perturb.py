"""``jaxrf erf --perturb``: the same table, files and errors as of gradients."""

import json

import numpy as np
import pytest

COMMAND = ("erf", "@net", "--shape", "1,16,16,3", "--samples", "3")


def test_it_says_what_was_done(jaxrf, tmp_path):
    file = tmp_path / "influence.npz"
    code, out, err = jaxrf(*COMMAND, "--perturb", "0.5", "-o", file)
    assert (code, "3/3" in err) == (0, True)
    assert out.startswith("ERF of head at 4,4: (f(x+d)-f(x))^2/a^2 at a = 0.5, 3 samples")
    assert "26 forward passes per sample: 25 pixels can matter" in out
    with np.load(file) as stored:
        assert (stored["map"] > 0).sum() == 25
        assert json.loads(str(stored["meta"]))["stderr"]["sigma"]
    jaxrf(*COMMAND, "--perturb", "0.5", "--cell", "2", "-o", tmp_path / "influence.png")
    assert (tmp_path / "influence.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--perturb", "0"), "amplitude: got 0.0, need a positive number"),
        (("--perturb", "1", "--cell", "0"), "cell: got 0"),
        (("--cell", "2"), "--cell: got 2 without --perturb"),
        (("--perturb", "1", "--map", "abs"), "--perturb 1: got --map too"),
        (("--perturb", "1", "--recipe", "openerf"), "--perturb 1: got --recipe too"),
        (("--perturb", "much"), "invalid float value"),
    ],
)
def test_bad_options_are_one_line(options, words, jaxrf):
    code, _, err = jaxrf(*COMMAND, *options)
    assert (code, err.count("\n")) == (2, 1)
    assert words in err
