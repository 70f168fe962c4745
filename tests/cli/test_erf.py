"""``jaxrf erf``: table, JSON, map and figure, with random inputs and with photographs.

Covers: cli.options.sampling, measure.impulse.
"""

import csv
import io
import json
import re

import jax
import numpy as np
import pytest
from PIL import Image

from jaxrf.version import __version__

COMMAND = ("erf", "@net", "--shape", "1,16,16,3", "--samples", "6")
NUMBERS = {"sigma", "angle", "kurtosis", "sigma_fit", "amplitude_fit", "r2", "luo_size"}
NUMBERS |= {"luo_size_fit", *(f"energy_radius_{f}" for f in (0.5, 0.9, 0.9545, 0.99))}
NUMBERS |= {f"square_{n}_{t}" for n in ("side", "area") for t in (0.2, 0.3, 0.5, 0.99)}
NUMBERS |= {"centroid", "sigma_centroid", "covariance", "flatness", "size_share", "pixel_share"}
AXES = {"sigma", "kurtosis", "sigma_fit", "flatness", "centroid", "sigma_centroid"}


def test_json(jaxrf):
    code, out, err = jaxrf(*COMMAND, "-f", "json", "--seed", "3")
    document = json.loads(out)
    assert (code, "6/6" in err) == (0, True)
    options = {k: document[k] for k in ("endpoint", "at", "map", "samples", "weight_seeds", "seed")}
    assert options == {
        "endpoint": "head",
        "at": [4, 4],
        "map": "g^2",
        "samples": 6,
        "weight_seeds": 6,
        "seed": 3,
    }
    # 3 taps, then 3 taps at stride 2 with SAME padding on 16: outputs start at 2 u - 1
    assert (document["center"], document["box"]) == ([9.0, 9.0], [[7, 11], [7, 11]])
    assert document["inputs"] == "normal"
    assert set(document) >= NUMBERS
    assert set(document["stderr"]) == NUMBERS
    assert all(len(document[n]) == 2 for n in AXES)
    assert min(document["stderr"]["sigma"]) > 0


def test_table_names_every_number_with_its_error(jaxrf):
    out = jaxrf(*COMMAND).out
    assert max(map(len, out.splitlines())) <= 80
    assert out.startswith("ERF of head at 4,4: g^2, 6 samples, 6 weight seeds, random inputs\n")
    assert "about the theoretical centre (9, 9)" in out
    rows = {re.split("  +", line.strip())[0] for line in out.splitlines()[4:] if line.strip()}
    for name in NUMBERS - AXES - {"covariance"}:
        assert name.replace("_", " ") in rows
    for axis in "yx":
        assert {f"{name.replace('_', ' ')} {axis}" for name in AXES} <= rows
    assert {"covariance yy", "covariance yx", "covariance xx"} <= rows


def test_table_and_json_agree(jaxrf):
    document = json.loads(jaxrf(*COMMAND, "-f", "json").out)
    rows = {r[0]: r[1:] for r in csv.reader(io.StringIO(jaxrf(*COMMAND, "-f", "csv").out))}
    assert rows.pop("number") == ["value", "standard error", "interval low", "interval high"]
    assert float(rows["r2"][0]) == document["r2"]  # all digits
    assert float(rows["sigma y"][0]) == document["sigma"][0]
    assert float(rows["sigma x"][1]) == document["stderr"]["sigma"][1]
    assert document["interval"]["of"] is None
    assert rows["r2"][2:] == ["", ""]


def test_map_and_meta(jaxrf, tmp_path):
    file = tmp_path / "erf.npz"
    printed = json.loads(jaxrf(*COMMAND, "-f", "json", "-o", file).out)
    with np.load(file) as stored:
        assert {"map", "stderr", "meta", "result"} <= set(stored)
        assert stored["map"].shape == stored["stderr"].shape == (16, 16)
        assert stored["map"].dtype == np.float64
        inside = np.zeros((16, 16), bool)
        inside[7:12, 7:12] = True
        assert np.array_equal(stored["map"] > 0, inside)
        assert np.array_equal(stored["stderr"] > 0, inside)
        meta = json.loads(str(stored["meta"]))
    assert meta.pop("meta") == {"jaxrf": __version__, "jax": jax.__version__}
    assert meta == printed
    assert list(tmp_path.iterdir()) == [file]


def test_same_seed_same_bytes_and_another_seed_another_map(jaxrf, tmp_path):
    files = [tmp_path / f"{n}.npz" for n in range(3)]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        jaxrf(*COMMAND, "-o", file, "--seed", seed)
    first, again, other = (f.read_bytes() for f in files)
    assert first == again
    assert first != other


@pytest.mark.parametrize("weight_seeds", [1, 2])
def test_batches_agree(weight_seeds, jaxrf, tmp_path):
    maps = []
    for batch in (1, 4, 6):
        file = tmp_path / f"{batch}.npz"
        jaxrf(*COMMAND, "-o", file, "--batch", batch, "--weight-seeds", weight_seeds)
        with np.load(file) as stored:
            maps.append(stored["map"])
    assert maps[1] == pytest.approx(maps[0], rel=1e-6)
    assert maps[2] == pytest.approx(maps[0], rel=1e-6)


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_figure(suffix, jaxrf, tmp_path):
    file = tmp_path / f"erf.{suffix}"
    printed = jaxrf(*COMMAND, "-f", "json", "-o", file).out
    assert file.stat().st_size > 1000
    assert json.loads((tmp_path / "erf.json").read_text()) == json.loads(printed)


def test_position_and_endpoint(jaxrf):
    command = (*COMMAND, "-f", "json", "--endpoint", "stem", "--at", "0,15")
    document = json.loads(jaxrf(*command).out)
    assert (document["endpoint"], document["center"]) == ("stem", [0.0, 15.0])
    assert document["box"] == [[0, 1], [14, 15]]


def test_weight_seeds_are_reported(jaxrf):
    document = json.loads(jaxrf(*COMMAND, "-f", "json", "--weight-seeds", "2").out)
    assert document["weight_seeds"] == 2
    given = ("erf", "@blur", *COMMAND[2:])
    assert json.loads(jaxrf(*given, "-f", "json").out)["weight_seeds"] == 0
    assert "given weights" in jaxrf(*given).out


def test_photographs(jaxrf, tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name, shape in (("a.png", (40, 21, 3)), ("b.JPG", (9, 30)), ("c.webp", (16, 16, 4))):
        Image.fromarray(rng.integers(0, 255, shape, np.uint8)).save(folder / name)
    (folder / "notes.txt").write_text("not an image")
    code, out, _ = jaxrf(*COMMAND, "--images", folder, "-f", "json")
    assert code == 0
    document = json.loads(out)
    assert document["inputs"] == "given"
    plain = json.loads(jaxrf(*COMMAND, "-f", "json").out)
    assert document["sigma"] != plain["sigma"]
    assert "3 given inputs" in jaxrf(*COMMAND, "--images", folder).out


def test_three_dimensions_and_one(jaxrf):
    line = json.loads(jaxrf("erf", "@line", "--shape", "1,9,2", "--samples", "2", "-f", "json").out)
    assert (line["center"], line["sigma"]) == ([4.5], [0.5])
    assert line["angle"] is None  # not a number in one dimension
