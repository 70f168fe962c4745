"""``jaxrf support``: measured against exact theory, as table, JSON, CSV and masks."""

import csv
import io
import json

import numpy as np
import pytest

from jaxrf import load as jaxrf_load
from jaxrf.geometry.words import window

SHAPE = ("--shape", "1,16,16,3")


def test_table(jaxrf):
    code, out, err = jaxrf("support", "@blur", *SHAPE, "--at", "0,5")
    assert code == 0
    assert out == (
        "support in input pixels: exact theory, measured, plain gradient\n"
        "\n"
        " feature         exact box  exact  measured  plain  verdict\n"
        " ──────────────────────────────────────────────────────────\n"
        " output 0,5  [0, 2] [3, 7]     15        15     15    equal\n"
        "\n"
        "weights given (inside the function)\n"
    )
    assert "1/1" in err


def test_json(jaxrf):
    document = json.loads(jaxrf("support", "@holes", *SHAPE, "--at", "2,3", "-f", "json").out)
    assert document.pop("target").endswith("targets.py:holes")
    found = {"endpoint": "output", "at": [2, 3], "box": [[2, 5], [3, 6]], "count": [2, 2]}
    found["holes"] = 12
    assert document.pop("model")["weights"] == "given (inside the function)"
    assert document == {
        "measured": found,
        "plain": found,
        "unmeasured": None,
        "exact": found,
        "missing": 0,
        "excess": 0,
        "equal": True,
    }


def test_holes_are_a_note(jaxrf):
    out = jaxrf("support", "@holes", *SHAPE).out
    assert "12 holes in the box, 2x2 indices touched" in out


@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_tables_parse(form, jaxrf):
    out = jaxrf("support", "@blur", *SHAPE, "-f", form).out
    if form == "csv":
        (row,) = csv.DictReader(io.StringIO(out))
        assert (row["at 0"], row["low 0"], row["high 1"]) == ("8", "6", "10")
        assert [row[n] for n in ("exact", "measured", "plain", "missing")] == [*["25"] * 3, "0"]
        return
    row = [c.strip() for c in out.splitlines()[2].split("|")[1:-1]]
    assert row == ["output 8,8", "[6, 10] [6, 10]", "25", "25", "25", "equal"]


def test_masks_are_written(jaxrf, tmp_path):
    file = tmp_path / "masks.npz"
    assert jaxrf("support", "@holes", *SHAPE, "--at", "0,0", "-o", file).code == 0
    expected = np.zeros((16, 16), bool)
    expected[:4:3, :4:3] = True
    with np.load(file) as stored:
        for name in ("measured", "exact", "plain"):
            assert np.array_equal(stored[name], expected)
    assert jaxrf_load(file).equal


def test_endpoint_and_default_position(jaxrf):
    document = json.loads(
        jaxrf("support", "@named", *SHAPE, "--endpoint", "first", "-f", "json").out
    )
    assert document["exact"] == {
        "endpoint": "first",
        "at": [8, 8],
        "box": [[7, 9], [7, 9]],
        "count": [3, 3],
        "holes": 0,
    }


def test_dead_weights_are_measured_all_the_same(jaxrf):
    """The plain gradient of a dead network is empty; the support is not."""
    code, out, _ = jaxrf("support", "@dead", *SHAPE, "--at", "3,3", "-f", "json")
    document = json.loads(out)
    assert (code, document["equal"]) == (0, True)
    assert document["measured"]["box"] == [[3, 3], [3, 3]]
    assert document["plain"]["box"] is None


def test_pixels_in_a_row_are_positions_or_one_index(jaxrf):
    """Pixel 20 of rows of 16 is (1, 4)."""
    for at in ("1,4", "20"):
        code, out, _ = jaxrf("support", "@tokens", *SHAPE, "--at", at, "-f", "json")
        assert code == 0
        assert json.loads(out)["exact"]["box"] == [[0, 3], [2, 6]]
    code, _, err = jaxrf("support", "@tokens", *SHAPE, "--at", "256")
    assert code == 2
    assert "need 0 to 255" in err


@pytest.mark.slow
def test_the_seed_changes_no_verdict(jaxrf):
    first, other = (
        jaxrf("support", "@net", *SHAPE, "-f", "json", "--seed", seed) for seed in (0, 12345)
    )
    assert json.loads(first.out)["measured"] == json.loads(other.out)["measured"]
    assert first.code == other.code == 0


def test_a_missed_dependency_is_loud(jaxrf, monkeypatch):
    taps = window._taps_in_range
    monkeypatch.setattr(window, "_taps_in_range", lambda *a: list(taps(*a))[1:])
    code, out, err = jaxrf("support", "@blur", *SHAPE, "--at", "8,8")
    assert code == 1
    assert "-16 +0" in out
    (line,) = [text for text in err.splitlines() if "failed" in text]
    assert "expected the 9 inputs of theory, got 16 more" in line


def test_a_model_that_cannot_be_differentiated(jaxrf):
    """The linearisation measures it all the same; the result says why nothing else does."""
    arguments = ("support", "@unknown", "--shape", "1,16,16,3")
    code, out, _ = jaxrf(*arguments)
    assert code == 0
    assert "no plain gradient: differentiating unknown" in out
    document = json.loads(jaxrf(*arguments, "-f", "json").out)
    assert document["plain"] is None
    assert "differentiating unknown" in document["unmeasured"]
    assert json.loads(jaxrf(*arguments, "-f", "json", "--no-plain").out)["unmeasured"] is None


def test_a_loop_is_differentiated_written_out(jaxrf):
    """JAX refuses a ``while_loop``; cut to a feature, its three turns are a program like others."""
    result = jaxrf("support", "@looping", "--shape", "1,16,16,3", "-f", "json")
    assert result.code == 0
    assert json.loads(result.out)["plain"]["box"] == [[8, 8], [8, 8]]
