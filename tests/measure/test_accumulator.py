"""Running sums of maps and of their bootstrap replicates, in memory and on disk."""

import numpy as np
import pytest

from jaxrf.errors import InvalidInput
from jaxrf.measure.accumulator import FEWEST, REPLICATES, Accumulator


def test_accumulated_moments():
    rng = np.random.default_rng(0)
    energies = rng.chisquare(1, (40, 3, 2))
    state = Accumulator.empty((3, 2))
    for part in np.split(energies, [7, 8, 30]):
        state.add(part)
    assert state.done == state.felt == 40
    assert state.whole
    assert state.mean == pytest.approx(energies.mean(0))
    assert state.stderr == pytest.approx(energies.std(0, ddof=1) / np.sqrt(40))


def test_replicates_count_units_and_know_only_the_crop():
    """A replicate is the sum over units of a whole number of each, Poisson distributed."""
    units = np.eye(60)[:, None, :] * [[1.0], [0.0]]  # unit i has all its energy at (0, i)
    state = Accumulator.empty((2, 60), (slice(0, 1), slice(0, 60)), seed=3)
    state.add(units)
    counts = state.replicates[:, 0]
    assert counts.shape == (REPLICATES, 60)
    assert np.array_equal(counts, counts.astype(int))
    assert np.array_equal(state.weights, counts.sum(1))
    assert counts.mean() == pytest.approx(1, abs=0.06)
    assert counts.var() == pytest.approx(1, abs=0.15)
    assert np.abs(np.corrcoef(counts)[~np.eye(REPLICATES, dtype=bool)]).max() < 0.6


def test_replicates_depend_on_the_seed_and_the_unit_alone():
    def replicates(seed, parts):
        state = Accumulator.empty((9,), seed=seed)
        for part in parts:
            state.add(part)
        return state.replicates

    units = np.eye(9)
    whole = replicates(1, [units])
    assert np.array_equal(whole, replicates(1, [units[:2], units[2:]]))
    assert not np.array_equal(whole, replicates(2, [units]))


def test_large_maps_have_fewer_replicates():
    shape = (2**10, 2**10)
    assert len(Accumulator.empty(shape, (slice(0, 2**10), slice(0, 2**9))).weights) == 32
    assert len(Accumulator.empty(shape).weights) == FEWEST


def test_a_state_survives_the_disk(tmp_path):
    state = Accumulator.empty((3,), (slice(1, 3),), seed=5)
    state.add(np.arange(9.0).reshape(3, 3))
    file = tmp_path / "state.npz"
    state.save(file, "this run")
    found = Accumulator.load(file, "this run")
    for name in ("total", "squares", "replicates", "weights"):
        assert np.array_equal(getattr(found, name), getattr(state, name))
    assert (found.done, found.felt, found.seed, found.crop) == (3, 3, 5, (slice(1, 3),))
    assert [p.name for p in tmp_path.iterdir()] == ["state.npz"]
    with pytest.raises(InvalidInput, match="holds samples of this run, need that run"):
        Accumulator.load(file, "that run")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut off", "arrays"])
def test_a_file_that_is_no_state(content, tmp_path):
    file = tmp_path / "state.npz"
    if content == "arrays":
        np.savez(file, other=np.ones(3))
    else:
        file.write_bytes(content)
    with pytest.raises(InvalidInput, match="holds no state of a run; delete it"):
        Accumulator.load(file, "this run")
