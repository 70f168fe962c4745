"""``jaxrf erf --everywhere``: the effective field at every output position."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from jaxrf.cli.options.estimator import GRADIENT, EstimatorOptions, changed
from jaxrf.cli.options.feature import FeatureOptions
from jaxrf.cli.options.model import ModelOptions
from jaxrf.cli.options.resume import ResumeOptions, RunState
from jaxrf.cli.options.sampling import SamplingOptions
from jaxrf.cli.output import CommandResult, command_result
from jaxrf.console.progress import progress_bar
from jaxrf.errors import InvalidInput
from jaxrf.text.paths import portable_target

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["SAMPLES", "EverywhereOptions", "add_everywhere", "check_everywhere", "everywhere"]

SAMPLES = 64  # each takes a backward pass for every position
ALONE = ("at", "perturb", "cell", "recipe", "precision", *GRADIENT)  # of one position only


class EverywhereOptions(
    ModelOptions, FeatureOptions, SamplingOptions, EstimatorOptions, ResumeOptions
):
    """Options of ``jaxrf erf --everywhere``.

    Attributes:
        everywhere: whether the field at every output position is measured.
        step: distance between measured positions along each axis.
    """

    everywhere: bool
    step: int | None


def add_everywhere(command: argparse.ArgumentParser) -> None:
    """``--everywhere`` and ``--step``."""
    command.add_argument(
        "--everywhere",
        action="store_true",
        help="energy, centroid and sigma at every output position: borders, checkerboards, dead "
        "pixels; the prediction beside them",
    )
    command.add_argument(
        "--step", type=int, metavar="N", help="every N-th position along each axis (1)"
    )


def check_everywhere(options: EverywhereOptions) -> None:
    """Refuse options of a single position under ``--everywhere``, and ``--step`` without it.

    Raises:
        InvalidInput: such an option was given.
    """
    if options.step is not None and not options.everywhere:
        raise InvalidInput(f"--step: got {options.step} without --everywhere, need both")
    if options.everywhere and (more := changed(options, *ALONE)):
        raise InvalidInput(
            f"--everywhere: got {more} too, which is for a single position; leave it out"
        )


def everywhere(
    options: EverywhereOptions, analysis: Analysis, *, inputs: Any, samples: int, state: RunState
) -> CommandResult:
    """Measure and predict at every position."""
    from jaxrf.measure.extension import kept_run
    from jaxrf.measure.field_grid.measure import measure_grid

    with progress_bar() as tell:
        found = measure_grid(
            analysis,
            endpoint=options.endpoint,
            step=1 if options.step is None else options.step,
            samples=samples,
            seed=options.seed,
            weight_seeds=options.weight_seeds,
            input_seeds=options.input_seeds,
            inputs=inputs,
            batch=options.batch,
            progress=lambda done, total: tell("samples", done, total),
            checkpoint=state.checkpoint(options.resume),
        )
        numbers = {"target": portable_target(options.target), **found.to_dict()}
    arrays = {"energy": found.energy, "centroid": found.centroid, "sigma": found.sigma}
    names = ("energy", "centroid", "sigma", "outputs", "inputs")
    errors = {f"{n}_stderr": found.array(n, found.errors) for n in names}
    if found.predicted is not None:
        errors |= {f"{n}_predicted": found.array(n, found.predicted) for n in names}
    further = {**arrays, **found.residues, "read": found.read, **errors}
    return command_result(
        found,
        numbers,
        [found.table()],
        arrays=lambda: {**further, **kept_run(state.file, found.replicates.sums)},
    )
