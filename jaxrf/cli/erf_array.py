"""``jaxrf erf --array I/N`` and ``--merge``: the shares of many jobs, and the field they make."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxrf.cli.erf_everywhere import EverywhereOptions
from jaxrf.cli.erf_result import erf_result
from jaxrf.cli.options.array import ArrayOptions, job_of
from jaxrf.cli.options.output import OutputOptions, checked_outputs
from jaxrf.cli.options.resume import RunState
from jaxrf.cli.output import CommandResult, command_result, deliver
from jaxrf.console.progress import progress_bar
from jaxrf.errors import InvalidInput
from jaxrf.text.paths import portable_target

if TYPE_CHECKING:
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.perturbation import Perturbation
    from jaxrf.theory.analysis import Analysis

__all__ = ["SharedOptions", "check_array", "merge", "share_state", "shared"]

OWN = (
    "command",
    "run",
    "defaults",
    "words",
    "merge",
    "output",
    "format",
    "debug",
)  # what --merge leaves


class SharedOptions(EverywhereOptions, OutputOptions, ArrayOptions):
    """Options of ``jaxrf erf`` that an array knows."""


def check_array(options: SharedOptions, defaults: argparse.ArgumentParser) -> None:
    """Refuse options that do not go with ``--array`` or ``--merge``.

    Raises:
        InvalidInput: there is one, or TARGET or ``-o x.npz`` is missing.
    """
    if options.merge is not None:
        given = {n: v for n, v in vars(options).items() if n not in OWN and n[0] != "_"}
        more = [n for n, v in given.items() if v != defaults.get_default(n)]
        if more:
            name = more[0] if more[0] == "target" else f"--{more[0].replace('_', '-')}"
            raise InvalidInput(
                f"--merge: got {name} too, which the shares have already; leave it out"
            )
        return
    if options.target is None:
        raise InvalidInput("got no TARGET, need one, or --merge SHARE ...; see jaxrf erf --help")
    if options.array is None:
        return
    for name, why in (
        ("everywhere", "its prediction is made once, by all together"),
        ("recipe", "its numbers are of all samples"),
        ("precision", "the samples of all jobs in their order decide when it is reached"),
    ):
        if getattr(options, name):
            raise InvalidInput(
                f"--{name}: got --array too, need one of the two: {why}; leave one out, or use "
                "--processes"
            )
    job_of(options.array)
    if [Path(file).suffix for file in options.output or ()] != [".npz"]:
        raise InvalidInput(
            "--array: got no -o FILE.npz, need one file for the share, another one in every job"
        )


def share_state(options: SharedOptions, files: Sequence[Path]) -> RunState:
    """The batches of a share on disk, beside its file.

    Raises:
        InvalidInput: a run that should go on has none.
    """
    if not files:  # of a process that leaves them to the first one
        return RunState(None, False)
    state = files[0].with_name(files[0].name + ".partial")
    if options.resume and not state.exists():
        raise InvalidInput(f"--resume: got no state {state}; start the job without --resume")
    return RunState(state, False)


def shared(
    options: SharedOptions,
    analysis: Analysis,
    how: Estimator | Perturbation,
    *,
    inputs: Any,
    samples: int,
    state: RunState,
) -> CommandResult:
    """Draw the share of one job."""
    from jaxrf.measure.erf_share import measure_erf_share

    with progress_bar() as tell:
        found = measure_erf_share(
            analysis,
            share=job_of(options.array or ""),
            at=options.at,
            endpoint=options.endpoint,
            samples=samples,
            seed=options.seed,
            weight_seeds=options.weight_seeds,
            input_seeds=options.input_seeds,
            inputs=inputs,
            estimator=how,
            batch=options.batch,
            progress=lambda done, total: tell("samples", done, total),
            checkpoint=state.checkpoint(options.resume),
        )
    target = portable_target(options.target)
    numbers = {"target": target, **found.to_dict()}
    return command_result(replace(found, target=target), numbers, [found.table()])


def merge(options: SharedOptions) -> int:
    """Write the field that all shares make, as the run of one process writes it."""
    from jaxrf.measure.extension import partial_of
    from jaxrf.report.merge import merged_sums

    files = checked_outputs(options)
    archive = next((f for f in files if f.suffix == ".npz"), None)
    state = RunState(None if archive is None else partial_of(archive), False)
    with state.kept():
        with progress_bar() as tell:
            first, sums = merged_sums(
                options.merge or (), lambda done, total: tell("shares", done, total)
            )
        if state.file is not None:
            sums.save(state.file, first.fingerprint)
        field = first.frame.field(sums)
        numbers = {"target": first.target, **field.to_dict()}
        deliver(options, erf_result(field, numbers, [field.table()], state), files)
    return 0
