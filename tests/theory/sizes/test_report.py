"""What a user reads: values by residue in a few words, the table, JSON and CSV.

Covers: theory.sizes.describe.
"""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxrf import analyze_sizes, zoo
from jaxrf.expect.expectations import parse_expectation
from jaxrf.expect.sizes import violations
from jaxrf.report.json import to_json
from jaxrf.report.sizes import residue_table
from jaxrf.theory.sizes.describe import condition, describe
from tests.helpers.toynets import conv

TWO = "n % 4 decides: first where it is 0, 3; second where it is 1, 2"


@pytest.mark.parametrize(
    ("values", "text", "where"),
    [
        ([90] * 32, "90", ""),
        ([239, 241, 241, 239] * 8, "239 / 241", TWO),
        ([126, *range(157, 126, -1)], "157 - (n - 1) % 32", ""),
        ([0, 2, 4, 6] * 2, "0 + 2 * (n % 4)", ""),
        ([3, 0, 1, 2], "0 + (n - 1) % 4", ""),
        ([1, 2, 3, 0], "0 + (n + 1) % 4", ""),
        ([True, False], "yes / no", "n % 2 decides: first where it is 0; second where it is 1"),
        ([1, 1, 1, 2], "1 / 2", "n % 4 decides: first where it is 0-2; second where it is 3"),
        ([5, 3, 8, 1, 9, 2], "1 to 9", "by n % 6, see -f json"),
        ([None, 3], "- / 3", "n % 2 decides: first where it is 0; second where it is 1"),
    ],
)
def test_say(values, text, where):
    said = describe(dict(enumerate(values)), len(values))
    assert (said.text, said.where) == (text, where)


@given(st.integers(3, 12), st.integers(-5, 5).filter(bool), st.integers(0, 11), st.integers(-9, 9))
def test_a_formula_is_what_it_says(period, step, start, least):
    values = {r: least + step * ((r - start) % period) for r in range(period)}
    text = describe(values, period).text
    assert all(eval(text, {"n": r + 7 * period}) == v for r, v in values.items()), text


def test_residues_that_are_not_taken_have_no_say():
    assert describe({0: 7}, 16).text == "7"
    assert describe({}, 2).text == "-"
    assert condition([0], 16) == "a multiple of 16 (n % 16 = 0)"
    assert condition([2, 6, 10, 14], 16) == "n % 4 = 2"


@pytest.fixture(scope="module")
def mobilenet():
    return analyze_sizes(zoo.load("mobilenet_v1", width=0.0625), (1, None, None, 3))


def test_table(mobilenet):
    table = mobilenet.table(only="Conv2d_13_pointwise")
    name = "Conv2d_13_pointwise"
    assert table.rows == ((name, "315", "32", "157 - (n - 1) % 32", "yes", "proved"),)
    assert table.notes == ("proved: for every length from 32 on",)
    text = str(mobilenet)
    assert len(text.splitlines()) == len(mobilenet) + 8
    assert "input 1x?x?x3" in text
    assert "(a) n % 2 decides: first where it is 0; second where it is 1" in text


def test_axes_that_differ_have_rows_of_their_own():
    def model(x):
        return conv(x.reshape(x.shape[1], 8, 3).swapaxes(0, 1), 3, 1, "VALID").swapaxes(0, 1)[None]

    rows = analyze_sizes(model, (1, None, 8, 3)).table().rows
    assert rows == (
        ("output axis 1", "3", "1", "0", "yes", "proved"),
        ("output axis 2", "1", "1", "0", "yes", "n = 8"),
    )


def test_json(mobilenet):
    document = json.loads(to_json(mobilenet.to_dict(only="Conv2d_13_pointwise", target="zoo:m")))
    assert document["schema"] == 1
    assert document["input_shape"] == [1, None, None, 3]
    assert document["spatial_axes"] == [1, 2]
    assert document["target"] == "zoo:m"
    (endpoint,) = document["endpoints"]
    assert endpoint["proved"]
    assert len(endpoint["axes"]) == 2
    axis = endpoint["axes"][0]
    assert (axis["size"], axis["stride"], axis["padding"]) == (315, "32", None)
    assert axis["depends"] == ["padding"]
    assert axis["modulus"] == 32
    paddings = {r["residue"]: r["padding"] for r in axis["residues"]}
    assert paddings == {r: 157 - (r - 1) % 32 for r in range(32)}


def test_json_has_one_entry_where_nothing_depends():
    sizes = analyze_sizes(zoo.load("vgg_16", width=0.0625), (1, None, None, 3))
    for axis in sizes.to_dict()["endpoints"][-1]["axes"]:
        assert axis["modulus"] == 1
        assert axis["depends"] == []
        (entry,) = axis["residues"]
        assert (entry["residue"], entry["padding"], axis["padding"]) == (0, 90, 90)


def test_csv_has_a_row_for_every_residue(mobilenet):
    rows = list(csv.DictReader(io.StringIO(residue_table(mobilenet).csv())))
    assert len(rows) == len(mobilenet) * 2 * 32
    last = rows[-1]
    assert (last["residue"], last["r"], last["P"], last["known"]) == ("31", "315", "127", "proved")


@pytest.mark.parametrize(
    ("expected", "failures"),
    [
        ("size=3", []),
        ("stride=2", []),
        ("aligned=true", []),
        ("global=false", []),
        ("padding=0", ["padding 0 for every length, got 0 / 1 (n % 2 decides: "]),
        ("size=4", ["size 4 for every length, got 3"]),
        ("size=3,3", ["size 3,3, got 1 axes"]),
    ],
)
def test_expectations_hold_at_every_residue(expected, failures):
    sizes = analyze_sizes(lambda x: conv(x, 3, 2), (1, None, 2))
    found = violations(sizes.output, [parse_expectation(expected)])
    assert len(found) == len(failures)
    assert all(words in line for words, line in zip(failures, found, strict=True)), found
