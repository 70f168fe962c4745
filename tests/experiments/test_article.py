"""The article's table, measured supports and effective fields: small versions of the scripts."""

import csv
import sys
from pathlib import Path

import pytest

import jaxrf

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
# r, S, P of the last feature map at 224 px: Araujo, Norris and Sim, Distill 2019.
PUBLISHED = {
    ("alexnet_v2", "alexnet_v2/pool5"): ("195", "32", "64"),
    ("inception_v2", "Mixed_5c"): ("699", "32", "318"),
    ("mobilenet_v1", "Conv2d_13_pointwise"): ("315", "32", "126"),
}


@pytest.fixture(scope="module")
def rows(run):
    out = run("comprehensive_table", "--quick").out
    with (out / "comprehensive_table.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def scripts(monkeypatch):
    """``scripts(name)`` imports a script."""
    monkeypatch.syspath_prepend(EXPERIMENTS)
    before = set(sys.modules)
    yield __import__
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == EXPERIMENTS:
            del sys.modules[name]


def test_the_table_has_every_end_point_at_three_resolutions(rows):
    assert len(rows) == 3 * (7 + 15 + 14)
    assert {row["resolution"] for row in rows} == {"None", "224", "321"}


def test_the_table_agrees_with_the_article(rows):
    found = {(r["network"], r["end-point"]): r for r in rows if r["resolution"] == "224"}
    for key, published in PUBLISHED.items():
        assert (found[key]["r"], found[key]["S"], found[key]["P"]) == published


def test_resolution_none_holds_the_others(rows):
    """P of every length, worked out at 224 and 321 pixels, is P at 224 and 321 pixels."""
    at = {(r["network"], r["end-point"], r["resolution"]): r for r in rows}
    formulas = 0
    for (network, endpoint, resolution), row in at.items():
        if resolution == "None" or "decides" in at[network, endpoint, "None"]["P"]:
            continue
        text = at[network, endpoint, "None"]["P"]
        formulas += "n" in text
        assert eval(text, {"n": int(resolution)}) == int(row["P"]), (network, endpoint)
        assert at[network, endpoint, "None"]["r"] == row["r"]
    assert formulas > 10


def test_a_measured_support_is_theory(scripts):
    found = scripts("measured_support").measured("alexnet_v2", everywhere=False)
    center = found["features"]["center"]
    assert center["equal"]
    assert center["measured"] == center["theory"]
    assert center["pixels"] == found["size"][0] ** 2 == 195**2  # all of it lies in the image


@pytest.mark.slow
def test_a_spacious_image_holds_the_field(scripts):
    analysis = scripts("_article").spacious("resnet_v1_50", width=1 / 16)
    pixels = analysis.shape[1]
    box = analysis.output.box(analysis.position(analysis.names[-1], None))
    assert pixels % 32 == 0
    assert all(i.low >= 0 and i.high < pixels for i in box)
    smaller = jaxrf.analyze(jaxrf.zoo.resnet_v1_50(width=1 / 16), (1, pixels - 32, pixels - 32, 3))
    box = smaller.output.box(smaller.position(smaller.names[-1], None))
    assert any(i.low < 0 or i.high >= pixels - 32 for i in box)
