"""Jobs of an array as commands, and their merge.

Covers: cli.erf_result, cli.options.array.
"""

import pytest

from jaxrf.cli.options.array import SYSTEMS, job_of
from jaxrf.errors import InvalidInput
from tests.helpers.commands import refused
from tests.helpers.slow import some_slow

NET = ("erf", "@net", "--shape", "1,16,16,3", "--samples", "7", "--seed", "3")


def share(jaxrf, number, of, *options):
    file = f"share{number}.npz"
    result = jaxrf(*NET, "--array", f"{number}/{of}", "-o", file, *options)
    assert result.code == 0, result.err
    assert f"{number}/{of}" in result.out
    return file


@pytest.mark.parametrize(
    "options",
    some_slow(
        [(), ("--weight-seeds", "2", "--cotangent", "exact", "--channels", "0,1")],
        {("--weight-seeds", "2", "--cotangent", "exact", "--channels", "0,1")},
    ),
    ids=lambda o: o[-2] if o else "usual",
)
def test_the_merge_has_the_bytes_of_one_run(options, jaxrf, tmp_path):
    of = 2
    files = [share(jaxrf, number, of, *options) for number in (2, 1)]
    merged = jaxrf("erf", "--merge", *files, "-o", "all.npz", "-o", "all.csv", "-f", "json")
    alone = jaxrf(*NET, *options, "-o", "one.npz", "-o", "one.csv", "-f", "json")
    assert (merged.code, merged.out) == (0, alone.out)
    for suffix in ("npz", "csv"):
        one, both = (tmp_path / f"{name}.{suffix}" for name in ("one", "all"))
        assert one.read_bytes() == both.read_bytes()
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {*files, "all.npz", "all.csv", "one.npz", "one.csv"}
    more = (*NET[:-4], "--samples", "9", *NET[-2:], *options, "-o", "all.npz", "--resume")
    assert options or jaxrf(*more).code == 0  # a merged run can be extended, as any other


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*NET, "--array", "1/2"), ("--array: got no -o FILE.npz",)),
        ((*NET, "--array", "1/2", "-o", "a.png"), ("--array: got no -o FILE.npz",)),
        ((*NET, "--array", "0/2", "-o", "a.npz"), ("--array: got '0/2'", "auto")),
        ((*NET, "--array", "2", "-o", "a.npz"), ("--array: got '2'", "e.g. 2/8")),
        ((*NET, "--array", "1/9", "-o", "a.npz"), ("got 1 of 9", "at most 7 jobs")),
        ((*NET, "--array", "auto", "-o", "a.npz"), ("no job of an array of SLURM",)),
        (
            (*NET, "--array", "1/2", "-o", "a.npz", "--precision", "0.1"),
            ("--precision: got --array too", "decide when it is reached", "--processes"),
        ),
        ((*NET, "--array", "1/2", "-o", "a.npz", "--everywhere"), ("--everywhere: got --array",)),
        ((*NET, "--array", "1/2", "-o", "a.npz", "--recipe", "luo2016"), ("--recipe: got --arr",)),
        ((*NET, "--array", "1/2", "-o", "a.npz", "--resume"), ("--resume: got no state",)),
        (("erf",), ("got no TARGET", "--merge")),
        (("erf", "@net", "--merge", "a.npz"), ("--merge: got target too",)),
        (("erf", "--merge", "a.npz", "--seed", "4"), ("--merge: got --seed too",)),
        (("erf", "--merge", "a.npz", "--resume"), ("--merge: got --resume too",)),
        (("erf", "--merge", "none.npz"), ("'none.npz'", "No such file")),
    ],
    ids=lambda a: " ".join(a[-3:]),
)
def test_what_does_not_go_together(arguments, words, jaxrf, monkeypatch):
    for names in SYSTEMS.values():
        for name in filter(None, names):
            monkeypatch.delenv(name, raising=False)
    refused(jaxrf(*arguments), *words)


def test_a_share_alone_is_no_field(jaxrf):
    file = share(jaxrf, 1, 2)
    refused(jaxrf("erf", "--merge", file), "got 1 of 2 shares, need also 2")


SLURM, ENGINE, LSF = (SYSTEMS[name] for name in ("SLURM", "Grid Engine", "LSF"))


@pytest.mark.parametrize(
    ("names", "values", "job"),
    [
        (SLURM, ("3", "0", "7", "1"), (4, 8)),
        (SLURM, ("10", "2", "10", "4"), (3, 3)),
        (ENGINE, ("2", "1", "5", "1"), (2, 5)),
        (LSF, ("2", "", "5", "1"), (2, 5)),
    ],
)
def test_batch_systems_number_their_jobs(names, values, job):
    environment = {n: v for n, v in zip(names, values, strict=True) if n}
    assert job_of("auto", environment) == job


@pytest.mark.parametrize(
    ("names", "values"),
    [
        (ENGINE, ("undefined", "undefined", "undefined", "undefined")),
        (LSF, ("0", "", "0", "1")),
        (SLURM, ("3", "0", "7", "2")),
        (SLURM, ("3", "", "", "")),
    ],
)
def test_numbers_that_are_no_job(names, values):
    environment = {n: v for n, v in zip(names, values, strict=True) if n and v}
    with pytest.raises(InvalidInput, match="need --array I/N"):
        job_of("auto", environment)
