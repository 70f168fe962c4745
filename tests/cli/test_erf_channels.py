"""``jaxrf erf --cotangent exact``: the table of channels, JSON, NPZ, and what is refused."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.helpers.commands import refused

COMMAND = ("erf", "@net", "--shape", "1,16,16,3", "--cotangent", "exact")


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for n in range(3):
        Image.fromarray(rng.integers(0, 255, (20, 20, 3), np.uint8)).save(folder / f"{n}.png")
    return folder


def test_images_are_the_units_and_channels_come_with_errors(photographs, jaxrf):
    options = (*COMMAND, "--weight-seeds", "1", "--images", photographs)
    result = jaxrf(*options, "-f", "json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert (found["samples"], found["cotangent"], "3/3" in result.err) == (3, "exact", True)
    used, cut = found["notes"]
    assert used == "samples: got 256, used 3: there are 3 inputs, each exact"
    assert cut.startswith("run on the network cut to what is measured: ")
    channels = found["channels"]
    count = len(channels["index"])
    assert channels["index"] == list(range(count))
    assert sum(channels["share"]) == pytest.approx(1)
    assert np.shape(channels["sigma"]) == np.shape(channels["stderr"]["centroid"]) == (count, 2)

    table = jaxrf(*options).out
    assert max(map(len, table.splitlines())) <= 80
    assert "channels of head by the width of their field" in table
    assert f"{count} backward passes in every sample" in table.replace("\n", " ")
    rows = list(csv.reader(io.StringIO(jaxrf(*options, "-f", "csv").out)))
    assert {len(row) for row in rows} == {5}  # the numbers alone


def test_maps_of_the_chosen_channels_are_written(jaxrf, tmp_path):
    output = tmp_path / "out.npz"
    result = jaxrf(*COMMAND, "--samples", "3", "--channels", "2,0", "-o", output)
    assert result.code == 0, result.err
    with np.load(output) as stored:
        assert stored["channel"].tolist() == [2, 0]
        assert stored["channel_maps"].shape == stored["channel_maps_stderr"].shape == (2, 16, 16)
        np.testing.assert_allclose(stored["channel_maps"].sum(0), stored["map"])
        np.testing.assert_allclose(stored["channel_maps"].sum((1, 2)), stored["channel_energy"])
        assert stored["channel_sigma"].shape == stored["channel_sigma_stderr"].shape == (2, 2)
    jaxrf(*COMMAND, "--samples", "3", "-o", output)
    with np.load(output) as stored:
        assert "channel_maps" not in stored
        assert "channel_sigma" in stored


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cotangent", "exact", "--map", "relu"), ("relu(g)", "need g^2 or |g|")),
        (("--cotangent", "exact", "--positions", "4"), ("positions: got 4", "need 1")),
        (("--cotangent", "exact", "--channels", "99"), ("channels: got 99", "need 0 to")),
        (("--cotangent", "exact", "--channels", "a"), ("--channels: got 'a'",)),
        (("--channels", "1"), ("channels: got some", "need the cotangent exact")),
        (("--recipe", "luo2016", "--cotangent", "exact", "--channels", "1"), ("--channels",)),
    ],
)
def test_what_does_not_go_together(options, words, jaxrf):
    refused(jaxrf("erf", "@net", "--shape", "1,16,16,3", *options), *words)
