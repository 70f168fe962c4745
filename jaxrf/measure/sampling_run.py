"""A run of samples: drawn cell by cell, added up, continued from a file and ended in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np

from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.checkpoint import Checkpoint, file_of
from jaxrf.measure.plan import Cell
from jaxrf.measure.sampler import Sampler
from jaxrf.measure.state_file import StateFile
from jaxrf.measure.stopping import STEP, StoppingRule

__all__ = ["draw_cells", "run"]


def run(
    sampler: Sampler,
    empty: Accumulator,
    *,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
    stopping: StoppingRule | None = None,
) -> Accumulator:
    """The running sums over all samples of a plan, or over as many as are precise enough.

    The state of the run is in the file of the checkpoint when it ends, and when it is interrupted;
    the caller deletes the file once the result is safe.

    Args:
        sampler: draws the samples.
        empty: the running sums before the first sample.
        checkpoint: the file to continue from and to keep the state in.
        progress: called with (samples done, samples) after every batch.
        stopping: may end the run before all samples are drawn.

    Raises:
        InvalidInput: the file of the checkpoint belongs to another run.
    """
    file, samples = StateFile(sampler, file_of(checkpoint)), sampler.plan.samples
    stored = file.load() if checkpoint is not None and checkpoint.resume else None
    state = empty if stored is None else stored

    def after(state: Accumulator, done: int) -> bool:
        enough = stopping is not None and stopping.is_met(state)
        if done == samples or enough:
            file.save(state)
        else:
            file.save_now_and_then(state)
        if progress is not None:
            progress(done, samples)
        return enough

    try:
        if stopping is None or not stopping.is_met(state):
            draw_cells(sampler, state, after=after, step=None if stopping is None else STEP)
    except KeyboardInterrupt:
        file.save(state)
        raise
    return state


def draw_cells(
    sampler: Sampler,
    state: Accumulator,
    *,
    after: Callable[[Accumulator, int], bool] = lambda state, done: False,
    step: int | None = None,
) -> Accumulator:
    """Draw the cells that are still missing in a state, and add them to it.

    Args:
        sampler: draws the samples.
        state: running sums, which are changed.
        after: called with the state and the samples so far after every batch; sampling ends where
            it returns True.
        step: no batch straddles a multiple of so many cells, so that there is a look at each.

    Returns:
        The state.
    """
    cells = sampler.plan.cells
    drawn = list(accumulate((len(cell.samples) for cell in cells), initial=0))
    network, variables = None, None
    while state.done < len(cells):
        if cells[state.done].network != network:
            network = cells[state.done].network
            variables = sampler.weights(network)
        batch = _batch(cells, state.done, sampler.samples_per_step, step)
        energy, further = sampler.draw_samples(variables, [i for c in batch for i in c.samples])
        means = {name: _cell_means(array, batch) for name, array in further.items()}
        state.add(_cell_means(energy, batch), [cell.units for cell in batch], means)
        if after(state, drawn[state.done]):
            break
    return state


def _cell_means(samples: np.ndarray, cells: Sequence[Cell]) -> np.ndarray:
    """Means [cells, ...] over the samples [n, ...] of each cell."""
    ends = np.cumsum([len(cell.samples) for cell in cells])[:-1]
    return np.stack([part.mean(0) for part in np.split(samples, ends)])


def _batch(cells: Sequence[Cell], first: int, size: int, step: int | None) -> Sequence[Cell]:
    """The next cells that share their weights and fit into one compiled pass; at least one."""
    last, count = first, 0
    end = len(cells) if step is None else min(len(cells), (first // step + 1) * step)
    while last < end and cells[last].network == cells[first].network:
        count += len(cells[last].samples)
        if last > first and count > size:
            break
        last += 1
    return cells[first:last]
