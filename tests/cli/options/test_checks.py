"""``jaxrf field --expect`` per end-point, and ``--baseline``: exit codes, lines and files.

Covers: expect.baseline.
"""

import json

import pytest

from tests.helpers.commands import refused

SHAPE = ("--shape", "1,16,16,3")
NAMED = ("field", "@named", *SHAPE)


@pytest.mark.parametrize(
    ("expectations", "lines"),
    [
        (["first:size=3", "second:size=5", "second:padding<=2", "*:stride=1"], []),
        (["first:r<=3", "first:r>=3", "aligned=yes", "back=2"], []),
        (["first:size=5"], ["first: expected size 5, got 3"]),
        (["*:size<=2"], ["first: expected size <= 2, got 3", "second: expected size <= 2, got 5"]),
        (["size>=6", "f*:size>=4"], [f"{n}: expected size >= {m}, got {g}" for n, m, g in
                                     (("second", 6, 5), ("first", 4, 3))]),
    ],
)  # fmt: skip
def test_expectations_of_every_end_point(expectations, lines, jaxrf):
    options = [o for e in expectations for o in ("--expect", e)]
    code, out, err = jaxrf(*NAMED, *options)
    assert "second" in out
    assert err.splitlines() == [f"jaxrf field: failed: {line}" for line in lines]
    assert code == (1 if lines else 0)


def test_at_is_whose_expectations_are_that_name_none(jaxrf):
    for size, code in ((3, 0), (5, 1)):
        options = ("--at", "first", "--expect", f"size={size}", "--expect", "second:size=5")
        assert jaxrf(*NAMED, *options).code == code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--expect", "size=five"), ["need a whole number"]),
        (("--expect", "size<=none"), ["got 'none', need a whole number"]),
        (("--expect", "aligned=3"), ["need true or false"]),
        (("--expect", "third:size=3"), ["end-point: got 'third'", "first, second"]),
        (("--expect", "third*:size=3"), ["end-point: got 'third*'"]),
        (("--update",), ["--update: got no --baseline"]),
        (("--baseline", "rf.json"), ["rf.json", "No such file", "--update"]),
        (("--baseline", "."), ["directory"]),
        (("--baseline", ".", "--update"), ["directory"]),
        (
            ("--baseline", "rf.json", "--update", "--at", "first"),
            ["--endpoint too", "leave one"],
        ),
        (("--baseline", "none/rf.json", "--update"), ["cannot be written"]),
    ],
)
def test_what_cannot_be_checked(arguments, words, jaxrf, tmp_path):
    refused(jaxrf(*NAMED, *arguments), *words)
    assert not list(tmp_path.iterdir())


def test_a_baseline_is_written_held_and_written_again(jaxrf, tmp_path):
    file = tmp_path / "rf.json"
    written = jaxrf(*NAMED, "--baseline", file, "--update")
    assert (written.code, written.err) == (0, f"jaxrf field: wrote {file}: 2 end-points\n")
    before = file.read_bytes()
    held = jaxrf(*NAMED, "--baseline", file)
    assert (held.code, held.err, held.out) == (0, "", written.out)
    assert jaxrf(*NAMED, "--baseline", file, "--at", "first").code == 0

    document = json.loads(before)
    document["endpoints"][0]["axes"][1]["size"] = 4
    file.write_text(json.dumps(document))
    failed = jaxrf(*NAMED, "--baseline", file)
    assert failed.out == written.out
    assert (failed.code, failed.err) == (
        *(1, "jaxrf field: failed: first: expected size 3,4; got size 3\n"),
    )
    assert jaxrf(*NAMED, "--baseline", file, "--at", "second").code == 0
    assert jaxrf(*NAMED, "--baseline", file, "--update", "--expect", "size=1").code == 1
    assert file.read_bytes() == before


def test_a_baseline_for_every_length(jaxrf, tmp_path):
    file = tmp_path / "rf.json"
    free = ("--shape", "1,?,?,3")
    assert jaxrf("field", "@strided", *free, "--baseline", file, "--update").code == 0
    assert jaxrf("field", "@strided", *free, "--baseline", file).code == 0
    refused(jaxrf("field", "@strided", *SHAPE, "--baseline", file), "about input shape 1,?,?,3")
    failed = jaxrf("field", "@blur", *free, "--baseline", file)
    assert failed.code == 1
    assert "expected size 7, stride 4" in failed.err


def test_a_file_of_something_else_is_never_replaced(jaxrf, tmp_path):
    file = tmp_path / "model.py"
    file.write_text("net = abs\n")
    refused(jaxrf(*NAMED, "--baseline", file, "--update"), "model.py", "name another file")
    assert file.read_text() == "net = abs\n"
