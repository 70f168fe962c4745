"""A run of samples: drawn cell by cell, added up, continued from a file and ended in time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from jaxrf.errors import ProcessLost
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.checkpoint import Checkpoint, file_of
from jaxrf.measure.crew import Crew
from jaxrf.measure.drawing import arrays_of, batches, bytes_of
from jaxrf.measure.sampler import Sampler
from jaxrf.measure.state_file import StateFile
from jaxrf.measure.stopping import STEP, StoppingRule
from jaxrf.measure.team import Team, team

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
    the caller deletes the file once the result is safe. In a job of several processes all of them
    call this, and all get the sums; the first one has the file.

    Args:
        sampler: draws the samples.
        empty: the running sums before the first sample.
        checkpoint: the file to continue from and to keep the state in.
        progress: called with (samples done, samples) after every batch.
        stopping: may end the run before all samples are drawn.

    Raises:
        InvalidInput: the file of the checkpoint belongs to another run.
        ProcessLost: another process of the job failed.
    """
    members = team()
    file = StateFile(sampler, file_of(checkpoint) if members.first else None)
    samples = sampler.plan.samples
    resume = checkpoint is not None and checkpoint.resume
    stored = _stored_in_all(members, file if resume else StateFile(sampler))
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
    except (KeyboardInterrupt, ProcessLost):
        file.save(state)
        raise
    return state


def _stored_in_all(members: Team, file: StateFile) -> Accumulator | None:
    """The state in the file of the first process, in all processes; None without one."""
    if members.size == 1:
        return file.load()

    def message() -> bytes:
        state = file.load()
        return b"" if state is None else bytes_of(state.stored())

    found = members.from_first(message)
    return Accumulator.restored(arrays_of(found)) if found else None


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
    todo = list(batches(cells, sampler.samples_per_step, first=state.done, step=step))
    for batch in Crew(sampler).draw(todo):
        batch.added_to(state, cells)
        if after(state, drawn[state.done]):
            break
    return state
