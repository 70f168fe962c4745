"""Shares of jobs, merged to the bytes of one run, whatever the samples are of.

Covers: measure.drawing, measure.erf_frame, measure.journal, report.erf_share, report.merge.
"""

import numpy as np
import pytest

import jaxrf
from jaxrf import Sampling
from jaxrf.errors import InvalidInput
from jaxrf.measure.drawing import Drawn, batches
from jaxrf.measure.journal import Journal
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler
from tests.helpers.runs import RUNS, SHAPE, Net, content
from tests.helpers.slow import some_slow


@pytest.fixture(scope="module")
def analysis():
    return jaxrf.analyze(Net(), SHAPE)


@pytest.mark.parametrize("jobs", some_slow([2, 3], {2}))
@pytest.mark.parametrize("kind", some_slow(RUNS, {"inputs", "signed", "exact", "positions"}))
def test_merged_shares_have_the_bytes_of_one_run(kind, jobs, analysis, tmp_path):
    files = []
    for number in range(jobs, 0, -1):
        files.append(tmp_path / f"{number}.npz")
        jaxrf.measure_erf_share(analysis, share=(number, jobs), **RUNS[kind]).save(files[-1])
    merged = jaxrf.merge_erf(files)
    assert content(merged, tmp_path) == content(jaxrf.measure_erf(analysis, **RUNS[kind]), tmp_path)


def test_every_batch_is_in_one_share(analysis):
    plan = Plan(23, 5, 0)
    every = list(batches(plan.cells, 4))
    assert [n for b in every for n in b] == [*range(len(plan.cells))]
    one = [list(batches(plan.cells, 3, step=2)), list(batches(plan.cells, 3))]
    assert all(b.start // 2 == (b.stop - 1) // 2 for b in one[0])
    shares = [jaxrf.measure_erf_share(analysis, share=(n, 4), samples=9) for n in range(1, 5)]
    assert [s.samples for s in shares] == [2, 2, 2, 3]
    assert [s.first for s in shares] == [0, 2, 4, 6]


def test_shares_that_make_no_run(analysis, tmp_path):
    def share(number, of=3, **options):
        return jaxrf.measure_erf_share(analysis, share=(number, of), **{"samples": 6, **options})

    one, two = share(1), share(2)
    refused = {
        "got 2 of 3 shares, need also 3": [two, one],
        "got share 2 of 3 twice, in share 2 and share 2": [two, two],
        "share 2 holds samples of .*seed=1.*, share 1 of .*seed=0": [one, share(2, seed=1)],
        "share 2 is share 2 of 2 in batches of 4, share 1 1 of 3": [one, share(2, 2)],
        "in batches of 2": [one, share(2, batch=2)],
        "got nothing": [],
        "got ERF, need a share": [jaxrf.measure_erf(analysis, samples=2)],
        "need a list": one,
    }
    for words, shares in refused.items():
        with pytest.raises(InvalidInput, match=words):
            jaxrf.merge_erf(shares)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"share": (0, 2)}, "share: got 0/2"),
        ({"share": (3, 2)}, "share: got 3/2"),
        ({"share": (1, 2, 3)}, "share: got 1/2/3"),
        ({"share": (1, 5), "samples": 4}, "need at most 4 jobs"),
        ({"share": (1, 2), "sampling": Sampling(precision=0.1)}, "precision: got one in sampling"),
    ],
)
def test_shares_that_cannot_be(options, words, analysis):
    with pytest.raises(InvalidInput, match=words):
        jaxrf.measure_erf_share(analysis, **options)


class Stop(KeyboardInterrupt):
    """At a chosen moment."""


@pytest.mark.parametrize("torn", [0, 5])
def test_a_share_that_was_killed_draws_only_what_is_missing(torn, analysis, tmp_path, monkeypatch):
    file, drawn = tmp_path / "share.partial", []
    draw = Sampler.draw_samples

    def counted(self, variables, samples):
        if len(drawn) == 3:
            raise Stop
        drawn.extend(samples)
        return draw(self, variables, samples)

    run = {"share": (2, 2), "samples": 12, "checkpoint": file}
    with monkeypatch.context() as patch:
        patch.setattr(Sampler, "draw_samples", counted)
        with pytest.raises(Stop):
            jaxrf.measure_erf_share(analysis, **run)
    assert drawn == [6, 7, 8]
    file.write_bytes(
        file.read_bytes()[: -torn or None]
    )  # the last record, as a full disk leaves it
    drawn.clear()

    def noted(self, variables, samples):
        drawn.extend(samples)
        return draw(self, variables, samples)

    monkeypatch.setattr(Sampler, "draw_samples", noted)
    resumed = jaxrf.measure_erf_share(analysis, **run)
    assert drawn == ([8, 9, 10, 11] if torn else [9, 10, 11])
    assert not file.exists()
    undisturbed = jaxrf.measure_erf_share(analysis, **{**run, "checkpoint": None})
    assert content(resumed, tmp_path) == content(undisturbed, tmp_path)


def test_a_journal_of_another_run(tmp_path):
    file = tmp_path / "journal"
    Journal(file, "one").start()
    assert list(Journal(file, "one").drawn()) == []
    with pytest.raises(InvalidInput, match="holds samples of another run"):
        list(Journal(file, "two").drawn())
    file.write_bytes(b"\0" * 40)
    with pytest.raises(InvalidInput, match="holds no state of a run"):
        list(Journal(file, "one").drawn())


def test_a_journal_gives_back_what_was_drawn_before_the_damage(tmp_path):
    journal = Journal(tmp_path / "journal", "run")
    journal.start()
    batch = Drawn(range(2, 4), np.arange(6.0).reshape(2, 3), {"rows": np.ones((2, 1))})
    journal.append(batch)
    whole = journal.path.read_bytes()
    for damage in (whole[-20:], bytes(7)):
        journal.path.write_bytes(whole + damage)
        (found,) = journal.drawn()
        assert found.cells == range(2, 4)
        assert np.array_equal(found.maps, batch.maps)
        assert np.array_equal(found.further["rows"], batch.further["rows"])
        assert journal.path.read_bytes() == whole
