"""The cheap scripts, run as a user runs them; the numbers against the article."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


@pytest.fixture(scope="module")
def alignment(run):
    return run("alignment", "--quick")


@pytest.fixture(scope="module")
def accuracy(run):
    return run("accuracy", "--quick").numbers


def test_another_process_writes_the_same_bytes(alignment, tmp_path):
    script = EXPERIMENTS / "alignment.py"
    environment = {**os.environ, "PYTHONPATH": str(EXPERIMENTS.parent)}
    command = [sys.executable, script, "--quick", "--out", tmp_path]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    files = json.loads((tmp_path / "provenance.json").read_text())["alignment"]["files"]
    assert {"alignment.png", "alignment.pdf", "alignment.csv", "alignment.json"} <= set(files)
    for file in files:
        assert (tmp_path / file).read_bytes() == (alignment.out / file).read_bytes(), file
        assert (tmp_path / file).stat().st_size < 300_000


def test_alignment_is_that_of_the_article(alignment):
    toys = alignment.numbers
    bad, good = toys["misaligned"], toys["aligned"]
    assert (good["aligned"], bad["aligned"]) == (True, False)
    assert good["field"] == {"size": 3, "stride": "4", "padding": 1}
    assert [len(s) for s in bad["support"]] == [5, 6, 5]  # "the second 6, the third 5 samples"
    assert bad["joins"][0]["operands"] == ["left", "right"]
    assert bad["joins"][0]["strides"] == ["2", "1"]
    assert bad["joins"][0]["offsets"] == [0.0, 2.0]
    assert good["joins"] == []
    assert bad["offsets"] == [2.0, 1.0, 0.0]
    assert good["offsets"] == [0.0, 0.0, 0.0]
    assert bad["measured_equals_theory"]
    assert good["measured_equals_theory"]


def test_a_path_of_ones_own(run):
    layers = ("--layer", "3,3,1,1", "--layer", "2,1,0,0")
    path = run("single_path", *layers, "--length", "9", "--at", "0").numbers["path"]
    assert path["regions"] == [[-1, 4], [0, 1], [0, 0]]  # the article's two layers
    assert path["maps"][0] == {"r": 6, "S": 3, "P": 1}
    assert path["support"] == [0, 4]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--at", "99"), "need 0 to 4"),
        (("--length", "1"), "layer 1 leaves nothing"),
        (("--layer", "0,1,1,1"), "kernel: got 0"),
    ],
)
def test_a_path_that_cannot_be_is_refused_in_one_line(options, words, run):
    done = run("single_path", *options, code=2)
    assert words in done.err
    assert done.err.count("\n") == 1


def test_accuracy_is_drawn_over_the_articles_fields_and_flops(accuracy):
    networks = accuracy["networks"]
    assert {n: networks[n]["r"] for n in ("alexnet_v2", "vgg_16", "mobilenet_v1")} == {
        "alexnet_v2": 195,
        "vgg_16": 212,
        "mobilenet_v1": 315,
    }
    published = {"alexnet_v2": 1.38e9, "vgg_16": 30.71e9, "mobilenet_v1": 1.14e9}
    for name, flops in published.items():
        assert networks[name]["flops"] == pytest.approx(flops, rel=0.02)


def test_vgg_needs_27_times_the_flops_of_mobilenet_for_a_smaller_field(accuracy):
    pair = accuracy["comparison"]
    assert pair["flops_ratio"] == pytest.approx(27, abs=0.6)
    assert pair["r"][0] < pair["r"][1]
    assert 0 < pair["accuracy_gain"] < 0.01


def test_fields_grow_up_to_those_of_the_table(run):
    networks = run("field_growth", "--quick").numbers
    assert networks["vgg_16"]["depths"] == list(range(1, 19))
    assert networks["vgg_16"]["sizes"][-1] == networks["vgg_16"]["r"] == 212
    assert networks["vgg_16"]["covers"] is None
    for network in networks.values():
        assert network["sizes"] == sorted(network["sizes"])
