"""``jaxrf predict``: table, JSON and map."""

import json

import numpy as np

COMMAND = ("predict", "@net", "--shape", "1,16,16,3", "--draws", "1")


def test_json_and_map(jaxrf, tmp_path):
    file = tmp_path / "map.npz"
    code, out, _err = jaxrf(*COMMAND, "-f", "json", "-o", str(file))
    document = json.loads(out)
    assert (code, document["endpoint"], document["at"]) == (0, "head", [4, 4])
    # 3 taps, then 3 taps at stride 2 with SAME padding on 16: outputs start at 2 u - 1
    assert (document["center"], document["box"]) == ([9.0, 9.0], [[7, 11], [7, 11]])
    assert document["map"] == "g^2"
    assert document["draws"] == 1
    assert "assumptions" in document
    assert min(document["sigma"]) > 0
    with np.load(file) as stored:
        assert stored["map"].shape == (16, 16)
        assert json.loads(str(stored["meta"]))["sigma"] == document["sigma"]


def test_table_and_bad_options(jaxrf):
    code, out, _ = jaxrf(*COMMAND, "--no-calibrate")
    assert code == 0
    assert "predicted ERF of head at 4,4" in out
    assert "sigma y" in out
    code, out, err = jaxrf(*COMMAND[:-1], "0")
    assert (code, out) == (2, "")
    assert "draws: got 0, need at least 1" in err
    code, out, err = jaxrf(*COMMAND, "--no-calibrate", "--images", "skimage")
    assert (code, out) == (2, "")
    assert "inputs: got images without calibration" in err
