"""``jaxrf erf``: the effective receptive field of one feature, resumable; or a published recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.cli.analysis import analyze_model
from jaxrf.cli.cost import announce_samples, passes_of
from jaxrf.cli.erf_everywhere import (
    SAMPLES,
    EverywhereOptions,
    add_everywhere,
    check_everywhere,
    everywhere,
)
from jaxrf.cli.options.estimator import add_estimator, add_perturbation, estimator_of, recipe_of
from jaxrf.cli.options.feature import add_feature
from jaxrf.cli.options.inputs import given_inputs
from jaxrf.cli.options.model import add_model
from jaxrf.cli.options.output import OutputOptions, add_files, add_format, checked_outputs
from jaxrf.cli.options.resume import RunState, add_resume, run_state
from jaxrf.cli.options.sampling import add_sampling
from jaxrf.cli.output import CommandResult, command_result, deliver
from jaxrf.cli.request import request_of
from jaxrf.console.progress import progress_bar
from jaxrf.text.paths import portable_target

if TYPE_CHECKING:
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.perturbation import Perturbation
    from jaxrf.measure.recipes import Recipe
    from jaxrf.theory.analysis import Analysis

__all__ = ["ErfOptions", "register", "run"]

GRADIENTS = 256  # samples by default
INFLUENCES = 64  # each is as many passes as pixels can matter


class ErfOptions(EverywhereOptions, OutputOptions):
    """Options of ``jaxrf erf``."""


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_model(commands, "erf", "measure the effective receptive field of a feature")
    add_feature(command)
    add_sampling(
        command, None, "how many (256, or what the recipe has; 64 with --perturb or --everywhere)"
    )
    add_estimator(command)
    add_perturbation(command)
    add_everywhere(command)
    add_files(command)
    add_resume(command)
    add_format(command)
    command.set_defaults(run=run)


def run(options: ErfOptions) -> int:
    """Measure, and write table, map or figure; an interrupted run can go on."""
    request = request_of(options)
    check_everywhere(options)
    estimator = estimator_of(options)
    recipe = recipe_of(options)
    files = checked_outputs(options)
    state = run_state(options, files)
    with state.kept():
        inputs, analysis = given_inputs(options, analyze_model(options, request), recipe)
        samples = _samples(options, recipe)
        announce_samples(
            options,
            analysis,
            samples,
            passes=passes_of(options, analysis, analysis.find(options.endpoint)),
            at_most=bool(options.precision or options.resume),
        )
        if options.everywhere:
            outcome = everywhere(options, analysis, inputs=inputs, samples=samples, state=state)
        else:
            how = estimator if recipe is None else recipe
            outcome = _measured(options, analysis, how, inputs=inputs, samples=samples, state=state)
        deliver(options, outcome, files)
    return 0


def _measured(
    options: ErfOptions,
    analysis: Analysis,
    how: Estimator | Perturbation | Recipe,
    *,
    inputs: Any,
    samples: int,
    state: RunState,
) -> CommandResult:
    """Measure the field at one position, by an estimator or by a published recipe."""
    from jaxrf.measure.erf import measure_erf
    from jaxrf.measure.extension import kept_run
    from jaxrf.measure.recipes import Recipe
    from jaxrf.measure.reproduce import reproduce_erf
    from jaxrf.report.channels import channel_table

    with progress_bar() as tell:
        common: dict[str, Any] = {
            "at": options.at,
            "endpoint": options.endpoint,
            "samples": samples,
            "seed": options.seed,
            "inputs": inputs,
            "batch": options.batch,
            "progress": lambda done, total: tell("samples", done, total),
            "checkpoint": state.checkpoint(options.resume),
        }
        if isinstance(how, Recipe):
            made = reproduce_erf(analysis, recipe=how.name, **common)
            measured, tables = made.erf, [made.table()]
            numbers = {"target": portable_target(options.target), **made.to_dict()}
        else:
            measured = measure_erf(
                analysis,
                weight_seeds=options.weight_seeds,
                input_seeds=options.input_seeds,
                estimator=how,
                precision=options.precision,
                precise=lambda error: tell.note(f"sigma to {error:.2%}"),
                **common,
            )
            tables = [measured.table()]
            numbers = {"target": portable_target(options.target), **measured.to_dict()}
    channels = {} if measured.channels is None else measured.channels.arrays()
    tables += [] if measured.channels is None else [channel_table(measured)]
    return command_result(
        measured,
        numbers,
        tables,
        arrays=lambda: {**channels, **kept_run(state.file, measured.replicates.sums)},
    )


def _samples(options: ErfOptions, recipe: Recipe | None) -> int:
    """Number of samples: the one asked for, else the default of the command."""
    if options.samples is not None:
        return options.samples
    if recipe is not None:
        return recipe.samples
    if options.everywhere:
        return SAMPLES
    return GRADIENTS if options.perturb is None else INFLUENCES
