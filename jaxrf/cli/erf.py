"""``jaxrf erf``: the effective receptive field of one feature, resumable; or a published recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.cli.analysis import analyze_model
from jaxrf.cli.cost import announce_samples, passes_of
from jaxrf.cli.erf_array import SharedOptions, check_array, merge, share_state, shared
from jaxrf.cli.erf_everywhere import (
    SAMPLES,
    add_everywhere,
    check_everywhere,
    everywhere,
)
from jaxrf.cli.erf_result import erf_result
from jaxrf.cli.job import JobOptions, joined
from jaxrf.cli.launch import LaunchOptions, add_processes, launch, launches
from jaxrf.cli.options.array import add_array
from jaxrf.cli.options.estimator import add_estimator, add_perturbation, estimator_of, recipe_of
from jaxrf.cli.options.feature import add_feature
from jaxrf.cli.options.inputs import given_inputs
from jaxrf.cli.options.model import add_model
from jaxrf.cli.options.output import add_files, add_format, checked_outputs
from jaxrf.cli.options.resume import RunState, add_resume, run_state
from jaxrf.cli.options.sampling import add_sampling
from jaxrf.cli.output import CommandResult, deliver
from jaxrf.cli.parser import Parser
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


class ErfOptions(SharedOptions, LaunchOptions, JobOptions):
    """Options of ``jaxrf erf``.

    Attributes:
        defaults: the parser, which knows the defaults of all options.
    """

    defaults: Parser


def register(commands: Any) -> None:
    """Add the command and its options."""
    help = "measure the effective receptive field of a feature"
    command = add_model(commands, "erf", help, optional=True)
    add_feature(command)
    add_sampling(
        command, None, "how many (256, or what the recipe has; 64 with --perturb or --everywhere)"
    )
    add_estimator(command)
    add_perturbation(command)
    add_everywhere(command)
    add_files(command)
    add_resume(command)
    add_array(command)
    add_processes(command)
    add_format(command)
    command.set_defaults(run=run, defaults=command)


def run(options: ErfOptions) -> int:
    """Measure, and write table, map or figure; an interrupted run can go on."""
    check_array(options, options.defaults)
    if options.merge is not None:
        return merge(options)
    if launches(options):
        return launch(options)
    with joined(options):
        _run(options)
    return 0


def _run(options: ErfOptions) -> None:
    request = request_of(options)
    check_everywhere(options)
    estimator = estimator_of(options)
    recipe = recipe_of(options)
    files = checked_outputs(options)
    state = run_state(options, files) if options.array is None else share_state(options, files)
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
        elif options.array is not None:
            outcome = shared(
                options, analysis, estimator, inputs=inputs, samples=samples, state=state
            )
        else:
            how = estimator if recipe is None else recipe
            outcome = _measured(options, analysis, how, inputs=inputs, samples=samples, state=state)
        deliver(options, outcome, files)


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
    from jaxrf.measure.recipes import Recipe
    from jaxrf.measure.reproduce import reproduce_erf

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
    return erf_result(measured, numbers, tables, state)


def _samples(options: ErfOptions, recipe: Recipe | None) -> int:
    """Number of samples: the one asked for, else the default of the command."""
    if options.samples is not None:
        return options.samples
    if recipe is not None:
        return recipe.samples
    if options.everywhere:
        return SAMPLES
    return GRADIENTS if options.perturb is None else INFLUENCES
