"""``jaxrf erf``: what it is asked for, what runs, and what is written."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jaxrf.cli.cost import announce_samples
from jaxrf.cli.inputs import given_inputs
from jaxrf.cli.output import Told, deliver, writable
from jaxrf.console.progress import progress_bar
from jaxrf.console.results import say
from jaxrf.errors import InvalidInput, JaxrfError
from jaxrf.measure.extend import kept_run, partial_of, state_of
from jaxrf.text.paths import told_target

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis

__all__ = ["effective_field"]


def effective_field(
    options: argparse.Namespace,
    *,
    analyzed: Callable[[argparse.Namespace], Analysis],
) -> int:
    """The command, its exit code.

    Args:
        options: of the command line.
        analyzed: theory of the target, its warnings printed.
    """
    from jaxrf.cli import everywhere as everywhere_command
    from jaxrf.cli.erf_options import estimator_of
    from jaxrf.measure.checkpoint import Checkpoint
    from jaxrf.measure.erf import measure_erf
    from jaxrf.measure.reproduce import reproduce_erf
    from jaxrf.report.channels import channel_table
    from jaxrf.report.storage import save

    everywhere_command.checked(options)
    estimator = estimator_of(options)
    recipe = _recipe(options)
    files = writable(options)
    output = next((f for f in files if f.suffix == ".npz"), files[0] if files else None)
    left = output is not None and partial_of(output).exists()
    state = None if output is None else state_of(output, resume=options.resume)
    if options.resume and state is None:
        raise InvalidInput("--resume: got no -o FILE, need the file of the interrupted run")
    inputs, analysis = given_inputs(options, analyzed(options), recipe)
    announce_samples(options, analysis, _samples(options, recipe))
    try:
        if options.everywhere:
            return everywhere_command.everywhere(
                options, analysis, inputs=inputs, files=files, state=state
            )
        with progress_bar() as tell:
            common: dict[str, Any] = {
                "at": options.at,
                "endpoint": options.endpoint,
                "seed": options.seed,
                "inputs": inputs,
                "batch": options.batch,
                "progress": lambda done, total: tell("samples", done, total),
                "checkpoint": None
                if state is None
                else Checkpoint(state, options.resume, keep=True),
            }
            if recipe is not None:
                made = reproduce_erf(
                    analysis, recipe=recipe.name, samples=options.samples, **common
                )
                measured, table = made.erf, made.table()
                result = {"target": told_target(options.target), **made.to_dict()}
            else:
                measured = measure_erf(
                    analysis,
                    samples=_samples(options),
                    weight_seeds=options.weight_seeds,
                    input_seeds=options.input_seeds,
                    estimator=estimator,
                    precision=options.precision,
                    precise=lambda error: tell.note(f"sigma to {error:.2%}"),
                    **common,
                )
                table = measured.table()
                result = {"target": told_target(options.target), **measured.to_dict()}
    except JaxrfError:
        if options.resume and state is not None and not left:
            state.unlink(missing_ok=True)  # it was taken from a finished file, which has it still
        raise
    except KeyboardInterrupt:
        if state is not None and state.exists():
            say(f"jaxrf erf: kept what was sampled in {state}; go on with --resume")
        raise
    more = {} if measured.channels is None else measured.channels.arrays()
    tables = [table] if measured.channels is None else [table, channel_table(measured)]
    told = Told(
        result,
        tables,
        save=lambda file: save(
            measured,
            file,
            numbers=result,
            further={**more, **kept_run(state, measured.replicates.sums)},
        ),
        shown=measured,
    )
    deliver(options, told, files)
    if state is not None:
        state.unlink(missing_ok=True)
    return 0


def _samples(options: argparse.Namespace, recipe: Any = None) -> int:
    """How many are drawn: as asked for, else as is usual."""
    from jaxrf.cli.erf_options import GRADIENTS, INFLUENCES

    if options.samples is not None:
        return options.samples
    if recipe is not None:
        return recipe.samples
    if options.everywhere:
        from jaxrf.cli.everywhere import SAMPLES

        return SAMPLES
    return GRADIENTS if options.perturb is None else INFLUENCES


def _recipe(options: argparse.Namespace):
    """The recipe that was asked for, if any; what it fixes must not be given."""
    from jaxrf.cli.erf_options import GRADIENT, given
    from jaxrf.measure.reproduce import find_recipe

    if options.recipe is None:
        return None
    if more := given(options, *GRADIENT, "weight_seeds", "input_seeds", "precision"):
        raise InvalidInput(
            f"--recipe {options.recipe}: got {more} too, which the recipe fixes; leave it out"
        )
    return find_recipe(options.recipe)
