"""``-o``: the same suffixes, words and rules in every command; runs that are extended.

Covers: cli.options.output, measure.extension.
"""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

import jaxrf as package
from jaxrf.cli import output
from jaxrf.cli.options.output import FIGURES, SUFFIXES
from tests.helpers.commands import TARGETS, advice_exists, refused

SHAPE = ("--shape", "1,12,12,2")
COMMANDS = {
    "field": ("field", "@blur", *SHAPE),
    "several": ("field", "@blur", "@named", *SHAPE),
    "sizes": ("field", "@blur", "--shape", "1,None,None,2"),
    "support": ("support", "@blur", *SHAPE),
    "erf": ("erf", "@blur", *SHAPE, "--samples", "3"),
    "everywhere": ("erf", "@blur", *SHAPE, "--samples", "3", "--everywhere"),
    "predict": ("predict", "@blur", *SHAPE),
    "compare": ("compare", "@blur", *SHAPE, "--samples", "2"),
    "zoo": ("zoo",),
}
TEXTS = ("sizes", "zoo")  # no arrays, no figure


@pytest.mark.parametrize("name", COMMANDS)
def test_every_suffix_of_every_command(name, jaxrf, tmp_path):
    suffixes = [s for s in SUFFIXES if name not in TEXTS or s not in (".npz", *FIGURES)]
    files = [f"x{s}" for s in suffixes]
    result = jaxrf(*COMMANDS[name], *(w for f in files for w in ("-o", f)))
    assert result.code == 0, result.err
    command = COMMANDS[name][0]
    assert f"jaxrf {command}: wrote {', '.join(files)}\n" in result.err
    assert {p.name for p in tmp_path.iterdir()} == set(files)  # nothing else is left
    json.loads((tmp_path / "x.json").read_text())
    rows = list(csv.reader(io.StringIO((tmp_path / "x.csv").read_text())))
    assert len({len(row) for row in rows}) == 1
    assert r"\end{tabular}" in (tmp_path / "x.tex").read_text()
    assert (tmp_path / "x.md").read_text().startswith("| ")
    assert result.out  # a table, whatever is written
    heads = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}
    for suffix in set(suffixes) & set(heads):
        assert (tmp_path / f"x{suffix}").read_bytes().startswith(heads[suffix])
    if ".npz" in suffixes:
        assert package.load(tmp_path / "x.npz") is not None
    before = {f: (tmp_path / f).read_bytes() for f in files}
    assert jaxrf(*COMMANDS[name], *(w for f in files for w in ("-o", f))).code == 0
    assert {f: (tmp_path / f).read_bytes() for f in files} == before


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("suffix", [".npz", ".svg"])
def test_what_a_command_cannot_write(name, suffix, jaxrf, tmp_path):
    refused(jaxrf(*COMMANDS[name], "-o", f"x{suffix}"), f"'x{suffix}'", ".csv", ".tex")
    assert not list(tmp_path.iterdir())


def test_the_numbers_of_a_figure_stand_beside_it(jaxrf, tmp_path):
    result = jaxrf(*COMMANDS["erf"], "-o", "x.svg")
    assert "wrote x.svg, x.json\n" in result.err
    assert json.loads((tmp_path / "x.json").read_text())["samples"] == 3


def test_a_file_twice(jaxrf):
    refused(jaxrf(*COMMANDS["field"], "-o", "x.csv", "-o", "x.csv"), "'x.csv' twice")


def test_a_full_disk_leaves_the_old_file(jaxrf, tmp_path, monkeypatch):
    (tmp_path / "x.csv").write_text("of yesterday")

    def full(to, *rest):
        to.write(b"the beginning")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "_write", full)
    result = jaxrf(*COMMANDS["field"], "-o", "x.csv")
    assert result.code == 2
    assert "No space left on device" in result.err
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("x.csv", "of yesterday")]


@pytest.mark.parametrize("name", COMMANDS)
def test_json_names_no_folder_of_this_machine(name, jaxrf):
    texts = jaxrf(*COMMANDS[name], "-f", "json").out
    assert str(TARGETS.parent) not in texts
    assert not re.search(r'"/|at /|/home/|/usr/', texts)
    if name not in (*TEXTS, "several"):
        assert json.loads(texts)["target"] == "targets.py:blur"


def test_places_in_json_are_relative(jaxrf):
    found = json.loads(jaxrf("field", "@misaligned", *SHAPE, "-f", "json").out)
    places = [m["source"] for m in found["misaligned"]]
    assert places
    assert not any(Path(p).is_absolute() for p in places)


def test_one_word_for_an_endpoint(jaxrf):
    old = jaxrf("field", "@named", *SHAPE, "--at", "first", "-f", "json")
    new = jaxrf("field", "@named", *SHAPE, "--endpoint", "first", "-f", "json")
    assert old.code == 0
    assert old.out == new.out
    assert [e["name"] for e in json.loads(new.out)["endpoints"]] == ["first"]


def test_several_models_in_one_table(jaxrf):
    result = jaxrf("field", "@blur", "@named", *SHAPE, "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert [(r["model"], r["axis"], r["r"]) for r in rows][:2] == [
        ("targets.py:blur", "1", "5"),
        ("targets.py:blur", "2", "5"),
    ]
    failed = jaxrf("field", "@blur", "@named", *SHAPE, "--expect", "size=6")
    assert failed.code == 1
    assert "second: expected size 6" in failed.err
    refused(jaxrf("field", "@blur", "@blur", *SHAPE), "twice")
    refused(jaxrf("field", "@blur", "@named", "--shape", "1,None,9,2"), "free lengths")
    refused(jaxrf("field", "@blur", "@named", *SHAPE, "--rate", "10"), "--rate")
    refused(jaxrf("field", "@blur", *SHAPE, "@named"), "@named"[1:], "before the options")
    refused(jaxrf("field", "@blur", "@named"), "targets.py:blur: --shape: got none")
    refused(jaxrf("field", "@named", "@blur", *SHAPE, "--at", "first"), "blur: end-point: got")


def test_a_rate_gives_milliseconds(jaxrf):
    result = jaxrf("field", "@line", "--shape", "1,32,1", "--rate", "16000")
    assert result.code == 0
    assert "r ms" in result.out
    assert "input samples" in result.out
    refused(jaxrf("field", "@blur", *SHAPE, "--rate", "16000"), "rate: got 16000", "--axes")
    refused(jaxrf("field", "@line", "--shape", "1,32,1", "--rate", "0"), "rate: got 0")
    refused(jaxrf("field", "@line", "--shape", "1,None,1", "--rate", "10"), "--rate")


@pytest.mark.parametrize("more", [(), ("--everywhere",), ("--cotangent", "exact")], ids=str)
@pytest.mark.parametrize("target", ["@blur", "@net"])
def test_a_finished_run_is_extended(target, more, jaxrf, tmp_path):
    def run(samples, *options):
        command = ("erf", target, "--shape", "1,10,10,3", "--samples", samples, *more)
        return jaxrf(*command, *options)

    assert run("3", "-o", "x.npz").code == 0
    longer = run("7", "-o", "x.npz", "--resume")
    assert longer.code == 0, longer.err
    direct = run("7", "-o", "y.npz")
    assert longer.out == direct.out
    assert (tmp_path / "x.npz").read_bytes() == (tmp_path / "y.npz").read_bytes()
    fewer = run("2", "-o", "x.npz", "--resume")
    refused(fewer, "resume: ")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.npz", "y.npz"]
    with np.load(tmp_path / "x.npz") as stored:
        assert "run/total" in stored.files


def test_a_run_whose_draws_depend_on_their_number_is_not_extended(jaxrf):
    command = ("erf", "@net", "--shape", "1,10,10,3", "--weight-seeds", "2", "-o", "x.npz")
    assert jaxrf(*command, "--samples", "4").code == 0
    refused(jaxrf(*command, "--samples", "8", "--resume"), "resume: ", "repeat the options")


def test_compare_advises_options_that_it_has(jaxrf):
    result = jaxrf("compare", "@not_a_number", *SHAPE, "--samples", "0")
    assert result.code == 2
    assert "--no-plain" in result.err
    advice_exists(result.err)
    assert jaxrf("compare", "@not_a_number", *SHAPE, "--samples", "0", "--no-plain").code == 0


def test_a_terminal_that_is_not_of_utf_8(process):
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    child = process(*COMMANDS["compare"], env=ascii_only)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0
    assert "Traceback" not in err
    assert "-----" in out
    assert out.isascii()
