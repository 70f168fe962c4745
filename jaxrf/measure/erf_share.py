"""``measure_erf_share``: the samples of one job of an array, kept apart for an exact merge.

Floating-point sums depend on the order of their terms. A share therefore keeps the map of every
cell instead of sums of them; merging adds the maps of all shares in the order of the cells, as one
process does, and has its bytes. A share is also no larger than sums would be, unless it has more
than 50 cells: running sums are some 50 maps, for the replicates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import InvalidInput
from jaxrf.measure.accumulator import Accumulator, apart
from jaxrf.measure.checkpoint import Checkpoint, checkpoint_of
from jaxrf.measure.crew import Crew
from jaxrf.measure.drawing import Drawn, batches
from jaxrf.measure.erf_frame import SAMPLES, ErfFrame, erf_work
from jaxrf.measure.estimator import Estimator
from jaxrf.measure.fingerprint import fingerprint
from jaxrf.measure.journal import Journal
from jaxrf.measure.perturbation import Perturbation
from jaxrf.measure.sampling_options import Sampling, sampling_of
from jaxrf.measure.team import team
from jaxrf.text.result import Result
from jaxrf.theory.model_arguments import analysis_of

__all__ = ["ErfShare", "check_complete", "measure_erf_share", "without_maps"]


@dataclass(frozen=True, eq=False, repr=False)
class ErfShare(Result):
    """The cells that one job of an array has drawn; :func:`jaxrf.merge_erf` makes a field of all.

    Attributes:
        number: of the job, 1-based.
        of: number of jobs.
        frame: of the field that all shares make.
        first: number of the first cell, 0-based.
        maps: float64 [cells, *spatial], in the order of the cells.
        further: more arrays [cells, ...] by name.
        batch: samples in one compiled pass, on which the last digits of a sample may depend.
        fingerprint: of the run that it is a share of.
        target: name of the model on the command line; empty elsewhere.
    """

    REPORT: ClassVar[str] = "erf_share"

    number: int
    of: int
    frame: ErfFrame
    first: int
    maps: np.ndarray
    further: Mapping[str, np.ndarray]
    batch: int
    fingerprint: str
    target: str = ""

    @property
    def samples(self) -> int:
        """Samples in this share."""
        cells = self.frame.plan.cells[self.first : self.first + len(self.maps)]
        return sum(len(cell.samples) for cell in cells)

    def added_to(self, state: Accumulator) -> None:
        """Add the cells to running sums, one after the other."""
        cells = self.frame.plan.cells
        for n in range(len(self.maps)):
            further = {name: array[n : n + 1] for name, array in self.further.items()}
            cell = range(self.first + n, self.first + n + 1)
            Drawn(cell, self.maps[n : n + 1], further).added_to(state, cells)


def measure_erf_share(
    model: Any,
    shape: Any = None,
    *,
    share: Sequence[int] = (1, 1),
    wrt: str | None = None,
    endpoint: str | None = None,
    at: int | Sequence[int] | None = None,
    spatial_axes: Sequence[int] | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str | None = None,
    inputs: np.ndarray | None = None,
    sampling: Sampling | None = None,
    samples: int | None = None,
    seed: int | None = None,
    weight_seeds: int | None = None,
    input_seeds: int | None = None,
    estimator: Estimator | Perturbation | None = None,
    batch: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | Path | Checkpoint | None = None,
) -> ErfShare:
    """Draw one job's share of the samples of :func:`jaxrf.measure_erf`.

    >>> import jaxrf
    >>> pairs, few = lambda x: x[:, 1:] * x[:, :-1], jaxrf.Sampling(samples=7, batch=2)
    >>> run = {"model": pairs, "shape": (1, 8, 1), "sampling": few}
    >>> shares = [measure_erf_share(**run, share=(n, 3)) for n in (1, 2, 3)]
    >>> [share.samples for share in shares]
    [2, 2, 3]
    >>> bool((jaxrf.merge_erf(shares).map == jaxrf.measure_erf(**run).map).all())
    True

    Args:
        model: or an :class:`~jaxrf.Analysis` in place of model and shape. What this argument and
            the eight after it mean stands in :mod:`jaxrf.theory.model_arguments`.
        shape: of the input, batch axis included.
        share: (i, n): this is job i of n, counted from 1. Each takes a part of the batches in
            their order; a batch is what one process would draw in one compiled pass.
        wrt: name of the input; the first one by default.
        endpoint: name of the feature map; the output by default.
        at: output index per spatial axis; the central feature by default.
        spatial_axes: of the input; all but the first and the last by default.
        variables: weights, in the place of drawn ones or of the model's own.
        call: keyword arguments of the model's own call.
        dtype: of inputs that do not say; float32 by default.
        inputs: as for :func:`jaxrf.measure_erf`.
        sampling: the following six and the devices in one; each of the six wins over its field.
        samples: of all jobs together, 256 by default.
        seed: as for :func:`jaxrf.measure_erf`, and the same in all jobs, as all options are.
        weight_seeds: as for :func:`jaxrf.measure_erf`.
        input_seeds: as for :func:`jaxrf.measure_erf`.
        estimator: as for :func:`jaxrf.measure_erf`.
        batch: as for :func:`jaxrf.measure_erf`.
        progress: called with (samples done, samples of this share) after every batch.
        checkpoint: file that keeps every batch that is drawn, to be continued from by the same
            call, and deleted in the end; a :class:`~jaxrf.Checkpoint` has it otherwise.

    Raises:
        InvalidInput: as :func:`jaxrf.measure_erf`; no such share, or more jobs than batches; a
            precision, which is decided on all samples in their order.
        ModelError: a gradient that is not finite.
    """
    check_arguments(measure_erf_share, locals())
    kept = checkpoint_of(checkpoint)
    chosen = sampling_of(
        sampling,
        SAMPLES,
        without=("precision",),
        why="the samples of all jobs in their order decide when it is reached",
        samples=samples,
        seed=seed,
        weight_seeds=weight_seeds,
        input_seeds=input_seeds,
        estimator=estimator,
        batch=batch,
    )
    number, of = _checked(share)
    analysis = analysis_of(
        model,
        shape,
        wrt=wrt,
        spatial_axes=spatial_axes,
        variables=variables,
        call=call,
        dtype=dtype,
    )
    work = erf_work(analysis, endpoint, at, inputs, chosen)
    every = list(batches(work.frame.plan.cells, work.sampler.samples_per_step))
    if of > len(every):
        raise InvalidInput(
            f"share: got {number} of {of}, need at most {len(every)} jobs: there are so many "
            "batches; draw more samples, or lower the batch"
        )
    mine = every[(number - 1) * len(every) // of : number * len(every) // of]
    mark = fingerprint(work.sampler)
    journal = None
    if kept is not None and team().first:
        journal = Journal(kept.file, f"{mark}, share {number} of {of}, batch {chosen.batch}")
    drawn = _drawn(Crew(work.sampler), mine, journal, kept is not None and kept.resume, progress)
    found = ErfShare(
        number=number,
        of=of,
        frame=work.finished(),
        first=mine[0].start,
        maps=np.concatenate([d.maps for d in drawn]),
        further={n: np.concatenate([d.further[n] for d in drawn]) for n in drawn[0].further},
        batch=chosen.batch,
        fingerprint=mark,
    )
    if kept is not None:
        kept.done()
    return found


def _drawn(
    crew: Crew,
    mine: Sequence[range],
    journal: Journal | None,
    resume: bool,
    progress: Callable[[int, int], None] | None,
) -> list[Drawn]:
    """The batches of a share: those that a journal has, and then the others."""
    cells = crew.sampler.plan.cells
    counts = {b: sum(len(cells[n].samples) for n in b) for b in mine}
    found: list[Drawn] = []
    if journal is not None:
        if resume and journal.path.exists():
            found = list(journal.drawn())
        else:
            journal.start()
    found = crew.team_has(found)
    done = sum(counts[drawn.cells] for drawn in found)
    for drawn in crew.draw(mine[len(found) :]):
        found.append(drawn)
        done += counts[drawn.cells]
        if journal is not None:
            journal.append(drawn)
        if progress is not None:
            progress(done, sum(counts.values()))
    return found


def _checked(share: Sequence[int]) -> tuple[int, int]:
    """The number of a job and the number of jobs.

    Raises:
        InvalidInput: there is no such job.
    """
    numbers = tuple(map(int, share))
    if len(numbers) != 2 or not 1 <= numbers[0] <= numbers[1]:
        got = "/".join(map(str, numbers)) or "nothing"
        raise InvalidInput(f"share: got {got}, need i of n with i from 1 to n, e.g. (1, 8)")
    return numbers[0], numbers[1]


def check_complete(shares: Sequence[ErfShare], names: Sequence[str]) -> None:
    """Check that shares are all those of one run, each once.

    Args:
        shares: their maps may be missing.
        names: of each, for messages.

    Raises:
        InvalidInput: a share of another run, one given twice, or one that is missing.
    """
    if not shares:
        raise InvalidInput("merge: got nothing, need the shares of a run")
    one, seen = shares[0], dict[int, str]()
    for share, name in zip(shares, names, strict=True):
        if share.fingerprint != one.fingerprint:
            held, needed = apart(share.fingerprint, one.fingerprint)
            raise InvalidInput(
                f"merge: {name} holds samples of {held}, {names[0]} of {needed}; need shares of "
                "one run"
            )
        if (share.of, share.batch) != (one.of, one.batch):
            raise InvalidInput(
                f"merge: {name} is share {share.number} of {share.of} in batches of {share.batch}, "
                f"{names[0]} {one.number} of {one.of} in batches of {one.batch}; need shares of "
                "one array"
            )
        if share.number in seen:
            raise InvalidInput(
                f"merge: got share {share.number} of {share.of} twice, in {seen[share.number]} and "
                f"{name}; need each once"
            )
        seen[share.number] = name
    missing = [n for n in range(1, one.of + 1) if n not in seen]
    if missing:
        shown = ", ".join(map(str, missing[:8])) + ", …" * (len(missing) > 8)
        raise InvalidInput(
            f"merge: got {len(shares)} of {one.of} shares, need also {shown}; run those jobs"
        )


def without_maps(share: ErfShare) -> ErfShare:
    """A share but for its arrays, which take memory."""
    return replace(share, maps=share.maps[:0], further={})
