"""``jaxrf field`` with free lengths in its shape."""

import csv
import io
import json

import pytest

from tests.helpers.commands import refused

FREE = ("--shape", "1,None,None,3")


def test_table_and_progress(jaxrf):
    result = jaxrf("field", "@strided", *FREE)
    assert result.code == 0
    assert "input 1x?x?x3" in result.out
    assert "proved: for every length from" in result.out
    assert "residues" in result.err
    assert "4/4" in result.err


def test_a_question_mark_is_a_free_length(jaxrf):
    assert (
        jaxrf("field", "@strided", "--shape", "1,?,?,3").out
        == jaxrf("field", "@strided", *FREE).out
    )


def test_json_and_csv(jaxrf, tmp_path):
    document = json.loads(jaxrf("field", "@strided", *FREE, "-f", "json").out)
    assert document["input_shape"] == [1, None, None, 3]
    axis = document["endpoints"][0]["axes"][1]
    assert (axis["axis"], axis["size"], axis["stride"]) == (2, 7, "4")
    jaxrf("field", "@strided", *FREE, "-f", "csv", "-o", "x.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text())))
    assert {row["r"] for row in rows} == {"7"}
    assert jaxrf("field", "@strided", *FREE, "-f", "markdown").out.startswith("| end-point |")


def test_expectations(jaxrf):
    net = ("field", "zoo:mobilenet_v1", "--width", "0.0625", *FREE, "--at", "Conv2d_0")
    assert jaxrf(*net, "--expect", "size=3", "--expect", "stride=2").code == 0
    failed = jaxrf(*net, "--expect", "padding=0")
    assert failed.code == 1
    assert "expected padding 0 for every length, got 0 / 1 (n % 2 decides" in failed.err


def test_a_causal_network_of_any_length(jaxrf):
    net = ("field", "@stream", "--shape", "1,?,2")
    expected = ("causal=true", "look_ahead=0", "look_back=14", "aligned=true")
    options = [o for e in expected for o in ("--expect", e)]
    result = jaxrf(*net, *options)
    assert result.code == 0
    header, row = result.out.splitlines()[2:5:2]
    assert header.split()[-3:] == ["back", "ahead", "known"]
    assert row.split()[-4:] == ["yes", "14", "0", "proved"]
    failed = jaxrf(*net, "--expect", "look_ahead=1")
    assert failed.code == 1
    assert "expected look_ahead 1 for every length, got 0" in failed.err
    (row,) = csv.DictReader(io.StringIO(jaxrf(*net, "-f", "csv").out))
    assert (row["back"], row["ahead"]) == ("14", "0")
    (endpoint,) = json.loads(jaxrf(*net, "-f", "json").out)["endpoints"]
    (axis,) = endpoint["axes"]
    assert (axis["causal"], axis["look_back"], axis["look_ahead"]) == (True, 14, 0)
    assert axis["residues"][0]["causal"] is True
    unbounded = ("--expect", "look_back=all", "--expect", "causal=false")
    assert jaxrf("field", "@averaged", "--shape", "1,?,2", *unbounded).code == 0


def test_the_type_of_a_free_input(jaxrf):
    assert jaxrf("field", "@strided", "--shape", "1,?,?,3:float32").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("@strided", "--shape", "1,x,?,3"), ["need integers"]),
        (("@strided", "--shape", "1,?,-4,3"), ["need positive integers"]),
        (("@strided", *FREE, "--at", "nowhere"), ["none matches"]),
        (("@strided", "--shape", "1,16,16,3", "--start", "8"), ["--start", "no free length"]),
        (("@strided", *FREE, "--axes", "7"), ["axes"]),
    ],
)
def test_bad_input(jaxrf, arguments, words):
    result = jaxrf("field", *arguments)
    lines = [line for line in result.err.splitlines() if "error" in line]
    assert result.code == 2
    assert result.out == ""
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines


@pytest.mark.parametrize("command", ["support", "erf", "compare"])
def test_other_commands_need_a_size(jaxrf, command):
    refused(jaxrf(command, "@strided", *FREE), "shape: got", "need positive integers")
