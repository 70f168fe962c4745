"""``jaxrf field``: every format and every option.

Covers: cli.analysis, cli.options.feature, cli.options.target, cli.request.
"""

import csv
import io
import json

import pytest

import jaxrf as package
from tests.helpers.commands import unfolded

SHAPE = ("--shape", "1,16,16,3")


def test_json_document(jaxrf):
    document = json.loads(jaxrf("field", "@strided", *SHAPE, "-f", "json").out)
    assert document.pop("target").endswith("targets.py:strided")
    meta = document.pop("meta")
    assert meta["jaxrf"] == package.__version__
    assert set(meta) >= {"jaxrf", "jax"}
    (endpoint,) = document.pop("endpoints")
    assert document.pop("model")["weights"] == "given (inside the function)"
    assert document == {
        "schema": 1,
        "input": "input",
        "input_shape": [1, 16, 16, 3],
        "inputs": [{"name": "input", "shape": [1, 16, 16, 3], "dtype": "float32"}],
        "spatial_axes": [1, 2],
        "output": "output",
        "outputs": ["output"],
        "independent": [],
        "unread": {
            "endpoint": "output",
            "count": 0,
            "share": 0.0,
            "axes": [{"axis": axis, "count": 0, "length": 16} for axis in (1, 2)],
        },
        "outside_taps": [],
        "approximate": [],
        "misaligned": [],
        "warnings": [],
    }
    # 2 per multiply-add: 9 x 3 x 3 of them at every one of 8 x 8 and 4 x 4 positions
    macs = 81 * (64 + 16)
    assert 2 * macs * 0.9 < endpoint.pop("flops") < 2 * macs * 1.1
    by_hand = {  # 3 taps, then 3 taps 2 apart; outputs 4 apart, 1 + 2 pixels of padding
        "size": 7,
        "stride": "4",
        "padding": 3,
        "aligned": True,
        "global": False,
        "global_via": None,
        "approximate": None,
        "period": 1,
        "phases": [{"low": -3, "high": 3}],
        "reach": [[-3.0, 3.0]],
        "look_back": 3,
        "look_ahead": 0,  # output u owns the pixels 4u to 4u + 3
        "causal": True,
        "looks": [[3, 0]],
        "support": {"first": [0, 3], "center": [5, 11], "last": [9, 15]},
        "pieces": [],
        "notes": [],
    }
    assert endpoint == {
        "name": "output",
        "shape": [1, 4, 4, 3],
        "axes": [{"axis": 1, **by_hand}, {"axis": 2, **by_hand}],
    }


def test_json_of_phases_global_and_misaligned_fields(jaxrf):
    def axis(target):
        out = jaxrf("field", target, *SHAPE, "-f", "json").out
        return json.loads(out), json.loads(out)["endpoints"][-1]["axes"][0]

    _, up = axis("@upsampled")
    assert (up["stride"], up["period"]) == ("1/2", 2)
    assert up["phases"] == [{"low": 0, "high": 0}] * 2
    _, pooled = axis("@pooled")
    assert (pooled["size"], pooled["stride"], pooled["global"]) == (None, None, True)
    assert "targets.py:" in pooled["global_via"]
    document, row = axis("@misaligned")
    assert row["aligned"] is False
    assert row["size"] == 3
    assert [m["axis"] for m in document["misaligned"]] == [1]
    (join,) = document["misaligned"]
    assert (join["node"], join["operands"]) == ("add", ["conv_general_dilated", "slice"])
    assert "targets.py:" in join["source"]


def test_at_keeps_one_endpoint_under_any_unique_end_of_its_name(jaxrf):
    shape = ("--shape", "1,224,224,3")
    code, out, _ = jaxrf("field", "zoo:vgg_16", *shape, "--at", "conv3_3", "-f", "json")
    document = json.loads(out)
    assert code == 0
    assert [e["name"] for e in document["endpoints"]] == ["vgg_16/conv3/conv3_3"]
    assert document["endpoints"][0]["axes"][0]["size"] == 40
    assert document["output"] == "vgg_16/pool5"
    assert "vgg_16/conv3/conv3_3" in jaxrf("field", "zoo:vgg_16", *shape, "--at", "conv3_3").out


def test_all_adds_the_modules_below_the_endpoints(jaxrf):
    def names(*options):
        command = ("field", "zoo:resnet_v1_50", "--width", "0.05", "--shape", "1,64,64,3")
        return [e["name"] for e in json.loads(jaxrf(*command, *options).out)["endpoints"]]

    few, all_of_them = names("-f", "json"), names("-f", "json", "--all")
    assert set(few) < set(all_of_them)
    assert "block1/unit_1/bottleneck_v1/conv2/norm" in all_of_them
    assert few[-1] == all_of_them[-1] == "resnet_v1_50/block4"


def test_modules_are_the_endpoints_of_a_model_that_names_none(jaxrf):
    rows = list(csv.DictReader(io.StringIO(jaxrf("field", "@net", *SHAPE, "-f", "csv").out)))
    assert [(r["end-point"], r["r axis 1"], r["S axis 2"]) for r in rows] == [
        ("stem", "3", "1"),
        ("head", "5", "2"),
    ]


def test_nothing_is_cut_off_where_names_are_long(jaxrf):
    command = ("field", "@deep", "--shape", "1,128,1280,3", "--all")
    table = jaxrf(*command).out
    rows = list(csv.reader(io.StringIO(jaxrf(*command, "-f", "csv").out)))[1:]
    assert max(map(len, table.splitlines())) <= 80
    assert "/an_inner_network_with_a_name/stem" in rows[0][0]
    assert [(row[0], row[1], row[2]) for row in unfolded(table)] == [
        (row[0], row[1], row[2]) for row in rows
    ]


@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_tables_parse(form, jaxrf):
    out = jaxrf("field", "@oblong", *SHAPE, "-f", form).out
    if form == "csv":
        header, row = csv.reader(io.StringIO(out))
    else:
        header, rule, row = (
            [c.strip() for c in line.split("|")[1:-1]] for line in out.splitlines()
        )
        assert len(rule) == len(header) == len(row)
        assert all(set(c) <= set("-:") for c in rule)
    if form == "csv":  # one value per cell
        assert header[:5] == ["end-point", "shape", "r axis 1", "r axis 2", "S axis 1"]
        assert row[:8] == ["output", "16x8x4", "5", "3", "1", "2", "2", "1"]
        assert (header[-1], header[8]) == ("FLOP", "aligned axis 1")
        return
    assert header == ["end-point", "shape", "r", "S", "P", "aligned", "GFLOP"]
    assert row[:6] == ["output", "16x8x4", "5,3", "1,2", "2,1", "yes"]


def test_a_scalar_has_a_row(jaxrf):
    code, out, _ = jaxrf("field", "@total", *SHAPE)
    assert code == 0
    assert "scalar" in out
    assert "global" in out


@pytest.mark.parametrize(
    ("expectations", "line"),
    [
        (["size=5,3", "stride=1,2", "padding=2,1", "aligned=true", "global=False"], None),
        (["period=1", "aligned=TRUE"], None),
        (["size=5"], "expected size 5, got 5,3"),
        (["size=5,4"], "expected size 5,4, got 5,3"),
        (["size=5,3,3"], "expected size 5,3,3, got 5,3"),
        (["stride=2,1"], "expected stride 2,1, got 1,2"),
        (["aligned=false"], "expected aligned false, got true"),
        (["period=2"], "expected period 2, got 1"),
    ],
)
def test_expect(expectations, line, jaxrf):
    options = [o for e in expectations for o in ("--expect", e)]
    code, out, err = jaxrf("field", "@oblong", *SHAPE, *options)
    assert "output" in out
    if line is None:
        assert (code, err) == (0, "")
    else:
        assert (code, err) == (1, f"jaxrf field: failed: output: {line}\n")


def test_expect_reports_every_failure_and_heeds_at(jaxrf):
    wrong = ("--expect", "size=1", "--expect", "stride=1", "--expect", "padding=1")
    code, _, err = jaxrf("field", "@strided", *SHAPE, *wrong)
    assert code == 1
    assert [line.rpartition(": ")[2] for line in err.splitlines()] == [
        "expected size 1, got 7",
        "expected stride 1, got 4",
        "expected padding 1, got 3",
    ]
    assert jaxrf("field", "@named", *SHAPE, "--at", "first", "--expect", "size=3").code == 0
    assert jaxrf("field", "@named", *SHAPE, "--expect", "size=3").code == 1
    assert (
        jaxrf("field", "@pooled", *SHAPE, "--expect", "size=none", "--expect", "global=true").code
        == 0
    )


def test_a_causal_network_in_every_format(jaxrf):
    shape = ("--shape", "1,64,2")
    expected = ("causal=true", "look_ahead=0", "look_back=14", "aligned=true")
    options = [o for e in expected for o in ("--expect", e)]
    code, out, err = jaxrf("field", "@stream", *shape, *options)
    assert (code, err) == (0, "")
    assert "misaligned" not in out
    (row,) = csv.DictReader(io.StringIO(jaxrf("field", "@stream", *shape, "-f", "csv").out))
    assert (row["back"], row["ahead"], row["aligned"]) == ("14", "0", "yes")
    document = json.loads(jaxrf("field", "@stream", *shape, "-f", "json").out)
    (axis,) = document["endpoints"][0]["axes"]
    assert (axis["look_back"], axis["look_ahead"], axis["causal"]) == (14, 0, True)
    assert (axis["looks"], document["misaligned"]) == ([[14, 0]], [])
    assert "| 14 | 0 |" in jaxrf("field", "@stream", *shape, "-f", "markdown").out
    failed = jaxrf("field", "@stream", *shape, "--expect", "look_back=13")
    assert failed.code == 1
    assert "expected look_back 13, got 14" in failed.err


def test_expecting_no_bound_and_no_verdict(jaxrf):
    shape = ("--shape", "1,64,2")
    unbounded = ("--expect", "look_back=all", "--expect", "causal=false")
    assert jaxrf("field", "@averaged", *shape, *unbounded).code == 0
    unknown = ("--expect", "look_back=none", "--expect", "causal=none")
    assert jaxrf("field", "@total", *SHAPE, *unknown).code == 0


def test_strict_names_primitive_file_and_line(jaxrf):
    code, out, err = jaxrf("field", "@unknown", *SHAPE)
    assert code == 0
    assert "bounded only" in out
    assert err.startswith("jaxrf field: warning: no rule for pure_callback")
    code, out, err = jaxrf("field", "@unknown", *SHAPE, "--strict")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "pure_callback" in err
    assert "targets.py:" in err
    assert jaxrf("field", "@blur", *SHAPE, "--strict").code == 0


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_output_goes_to_the_file_and_nowhere_else(form, jaxrf, tmp_path):
    file = tmp_path / "result.txt"
    printed = jaxrf("field", "@blur", *SHAPE, "-f", form).out
    code, out, err = jaxrf("field", "@blur", *SHAPE, "-f", form, "-o", file)
    assert (code, out, err) == (0, "", f"jaxrf field: wrote {file}\n")
    assert file.read_text() == printed


def test_the_suffix_of_the_file_is_its_format(jaxrf, tmp_path):
    file = tmp_path / "result.csv"
    assert jaxrf("field", "@blur", *SHAPE, "-o", file).code == 0
    assert file.read_text() == jaxrf("field", "@blur", *SHAPE, "-f", "csv").out
    code, _, err = jaxrf("field", "@blur", *SHAPE, "-o", tmp_path / "result.xyz")
    assert code == 2
    assert ".csv" in err
    assert not (tmp_path / "result.xyz").exists()


def test_failed_expectations_still_write_the_file(jaxrf, tmp_path):
    file = tmp_path / "result.json"
    assert jaxrf("field", "@blur", *SHAPE, "-o", file, "--expect", "size=6").code == 1
    assert file.stat().st_size > 0


def test_axes(jaxrf):
    command = ("field", "@channels_first", "--shape", "1,3,16,16", "-f", "csv")
    (row,) = csv.DictReader(io.StringIO(jaxrf(*command, "--axes", "2,3").out))
    assert (row["shape"], row["r axis 2"], row["r axis 3"]) == ("2x16x16", "3", "3")
    (row,) = csv.DictReader(io.StringIO(jaxrf(*command, "--axes", "-1").out))
    assert row["r"] == "3"


TWO = ("field", "@captioned", "--shape", "1,6,3", "--shape", "1,4:int32")


def test_several_inputs(jaxrf):
    document = json.loads(jaxrf(*TWO, "-f", "json").out)
    assert document["inputs"] == [
        {"name": "image", "shape": [1, 6, 3], "dtype": "float32"},
        {"name": "tokens", "shape": [1, 4], "dtype": "int32"},
    ]
    assert (document["input"], document["input_shape"]) == ("image", [1, 6, 3])
    (row,) = document["endpoints"][0]["axes"]
    assert (row["size"], row["global"]) == (2, False)
    assert row["support"] == {"first": [0, 1], "center": [2, 3], "last": [4, 5]}
    assert "with respect to image 1x6x3" in jaxrf(*TWO).out


def test_with_respect_to_another_input(jaxrf):
    document = json.loads(jaxrf(*TWO, "--wrt", "tokens", "-f", "json").out)
    assert (document["input"], document["input_shape"]) == ("tokens", [1, 4])
    assert [i["name"] for i in document["inputs"]] == ["image", "tokens"]
    (row,) = document["endpoints"][0]["axes"]
    assert (row["axis"], row["size"], row["global"]) == (1, None, True)
    assert "targets.py:" in row["global_via"]
    assert row["support"]["center"] == [0, 3]
    assert "with respect to tokens 1x4" in jaxrf(*TWO, "--wrt", "tokens").out
    assert jaxrf(*TWO, "--wrt", "tokens", "--expect", "size=2").code == 1


def test_a_real_process(process):
    child = process("field", "@blur", *SHAPE, "--expect", "size=5")
    out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, "")
    assert "output" in out


def test_a_closed_pipe_is_no_error(process):
    child = process("field", "zoo:vgg_16", "--shape", "1,224,224,3")
    child.stdout.close()
    assert child.stderr.read() == ""
    assert child.wait(timeout=60) == 0
