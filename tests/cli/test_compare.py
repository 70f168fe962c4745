"""``jaxrf compare``: everything side by side, its figure, and its failures."""

import csv
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from jaxrf.geometry.words import window

COMMAND = ("compare", "@blur", "--shape", "1,16,16,3", "--samples", "4")


def test_tables(jaxrf):
    code, out, err = jaxrf(*COMMAND)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    for label in ("corner 0,0", "edge 0,8", "center 8,8", "random "):
        (row,) = (line for line in out.splitlines() if line.strip().startswith(label))
        assert row.endswith("equal")
    assert "r, S, P in input pixels" in out
    assert "ERF of output at 8,8: g^2, 4 samples, given weights, random inputs" in out
    assert "4/4" in err
    for axis in "yx":
        (row,) = (line for line in out.splitlines() if line.strip().startswith(f"sigma {axis}"))
        assert re.fullmatch(rf" *sigma {axis} +[\d.]+ +[\d.e-]+ +[\d.]+ \([+-][\d.]+ %\)", row)
    assert "predicted: expected at given weights" in out


def test_csv_is_one_table_of_all_numbers(jaxrf):
    rows = list(csv.DictReader(io.StringIO(jaxrf(*COMMAND, "-f", "csv").out)))
    field = [r for r in rows if r["part"] == "effective field"]
    document = json.loads(jaxrf(*COMMAND, "-f", "json").out)
    values = {r["number"]: r["value"] for r in field}
    assert [float(values[f"sigma {a}"]) for a in "yx"] == document["erf"]["sigma"]
    assert {r["number"] for r in field if not r["predicted"]} == {"amplitude fit", "angle"}
    theory = {r["number"]: r["value"] for r in rows if r["part"] == "theory"}
    assert theory["r axis 1"] == "5"
    assert theory["aligned axis 2"] == "yes"
    (measured,) = (r for r in rows if (r["part"], r["number"]) == ("support, corner", "measured"))
    assert measured["value"] == "9"


def test_json(jaxrf):
    document = json.loads(jaxrf(*COMMAND, "-f", "json").out)
    assert document["target"].endswith("targets.py:blur")
    assert document["endpoint"]["axes"][0]["size"] == 5
    assert list(document["supports"]) == ["corner", "edge", "center", "random"]
    assert {m["equal"] for m in document["supports"].values()} == {True}
    assert (document["equal"], document["failures"]) == (True, [])
    assert document["erf"]["sigma"] == pytest.approx([1 / 1.2**0.5] * 2, rel=0.2)
    assert document["prediction"]["sigma"] == pytest.approx([1 / 1.2**0.5] * 2, rel=0.2)
    assert len(document["prediction"]["sigma_off"]) == 2
    assert document["unpredicted"] is None
    assert set(document["meta"]) >= {"jaxrf", "jax"}


def test_without_samples_there_is_no_effective_field(jaxrf):
    code, out, _ = jaxrf(*COMMAND[:-1], "0", "-f", "json")
    assert code == 0
    assert json.loads(out)["erf"] is None
    assert json.loads(out)["prediction"] is None
    assert "sigma" not in jaxrf(*COMMAND[:-1], "0").out


@pytest.mark.parametrize("suffix", ["png", pytest.param("pdf", marks=pytest.mark.slow)])
def test_figure_and_its_numbers(suffix, jaxrf, tmp_path):
    file = tmp_path / f"figure.{suffix}"
    printed = jaxrf(*COMMAND, "-f", "json", "-o", file)
    assert printed.code == 0
    assert json.loads((tmp_path / "figure.json").read_text()) == json.loads(printed.out)
    first = file.read_bytes()
    assert jaxrf(*COMMAND, "-o", file).code == 0
    assert file.read_bytes() == first
    if suffix == "png":
        assert np.asarray(Image.open(file).convert("L")).std() > 10


@pytest.mark.parametrize(
    ("target", "shape", "labels"),
    [
        ("@tokens", "1,8,8,3", ["corner", "edge", "center", "random"]),
        pytest.param("@pooled", "1,8,8,3", ["corner"], marks=pytest.mark.slow),
        ("@total", "1,8,8,3", ["corner"]),
        ("@line", "1,8,2", ["corner", "edge", "center", "random"]),
        pytest.param(
            "@upsampled", "1,8,8,3", ["corner", "edge", "center", "random"], marks=pytest.mark.slow
        ),
        pytest.param(
            "@net", "1,12,10,3", ["corner", "edge", "center", "random"], marks=pytest.mark.slow
        ),
    ],
)
def test_other_kinds_of_output(target, shape, labels, jaxrf):
    code, out, _ = jaxrf("compare", target, "--shape", shape, "--samples", "2", "-f", "json")
    document = json.loads(out)
    assert code == 0
    assert list(document["supports"]) == labels
    assert document["equal"]


@pytest.mark.slow
def test_channels_first(jaxrf):
    command = ("compare", "@channels_first", "--shape", "1,3,12,12", "--axes", "2,3")
    assert jaxrf(*command, "--samples", "2").code == 0


def test_endpoint(jaxrf):
    command = ("compare", "@named", "--shape", "1,16,16,3", "--samples", "2", "-f", "json")
    document = json.loads(jaxrf(*command, "--endpoint", "first").out)
    assert document["endpoint"]["name"] == document["erf"]["endpoint"] == "first"


def test_a_missed_dependency_exits_with_one_and_names_the_operation(jaxrf, monkeypatch):
    taps = window._taps_in_range
    monkeypatch.setattr(window, "_taps_in_range", lambda *a: list(taps(*a))[1:])
    code, out, err = jaxrf(*COMMAND[:-1], "0", "-f", "json")
    document = json.loads(out)
    lines = [line for line in err.splitlines() if "failed" in line]
    assert code == 1
    assert document["equal"] is False
    assert [f"jaxrf compare: failed: {f}" for f in document["failures"]] == lines
    assert any("expected 9 inputs by theory, got 16 measured" in line for line in lines)
    assert "first disagreement: conv_general_dilated" in lines[-1]
    assert "targets.py:" in lines[-1]


def test_a_real_process(process):
    child = process(*COMMAND, "-o", "figure.png")
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    assert "equal" in out
    assert "Traceback" not in err
