"""``jaxrf erf --everywhere``: the table, the files, and what does not go with it."""

import json

import numpy as np
import pytest

COMMAND = ("erf", "@net", "--shape", "1,16,16,3", "--samples", "3", "--everywhere")


def test_table_and_maps(jaxrf, tmp_path):
    file = tmp_path / "maps.npz"
    code, out, err = jaxrf(*COMMAND, "-o", file)
    assert (code, "3/3" in err) == (0, True)
    assert out.startswith("fields of head at 8 x 8 positions: g^2, 3 samples, 3 weight seeds")
    assert max(map(len, out.splitlines())) <= 90
    for row in (
        "interior, positions",
        "border, energy",
        "corner, shift y",
        "inputs mod 2 x 2, most",
    ):
        assert row in out
    with np.load(file) as stored:
        assert stored["energy"].shape == stored["energy_stderr"].shape == (8, 8)
        assert stored["energy_predicted"].shape == (8, 8)
        assert stored["centroid"].shape == stored["sigma"].shape == (8, 8, 2)
        assert stored["read"].shape == (16, 16)
        assert json.loads(str(stored["meta"]))["positions"] == {
            "interior": 36,
            "border": 24,
            "corner": 4,
        }


def test_figure_and_json(jaxrf, tmp_path):
    file = tmp_path / "maps.png"
    printed = jaxrf(*COMMAND, "-o", file, "-f", "json").out
    assert file.stat().st_size > 1000
    document = json.loads(file.with_suffix(".json").read_text())
    assert document == json.loads(printed)
    assert np.shape(document["stderr"]["sigma"]) == (8, 8, 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--at", "1,1"), "--everywhere: got --at too"),
        (("--perturb", "1"), "--everywhere: got --perturb too"),
        (("--map", "abs"), "--everywhere: got --map too"),
        (("--channels", "3"), "--everywhere: got --channels too"),
        (("--step", "0"), "step: got 0"),
        (("--batch", "0"), "batch: got 0"),
    ],
)
def test_bad_options_are_one_line(options, words, jaxrf):
    code, _, err = jaxrf(*COMMAND, *options)
    assert (code, err.count("\n")) == (2, 1)
    assert words in err


def test_a_step_needs_all_positions(jaxrf):
    code, _, err = jaxrf(*COMMAND[:-1], "--step", "2")
    assert (code, "without --everywhere" in err) == (2, True)
