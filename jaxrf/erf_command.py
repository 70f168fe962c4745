"""``jaxrf erf``: what it is asked for, what runs, and what is written."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxrf.cost import announce_samples
from jaxrf.errors import InvalidInput
from jaxrf.files import write_whole
from jaxrf.output import formatted, writable, write_maps
from jaxrf.progress import progress_bar
from jaxrf.results import emit, say

if TYPE_CHECKING:
    import numpy as np

    from jaxrf.analysis import Analysis

__all__ = ["effective_field"]


def effective_field(
    options: argparse.Namespace,
    *,
    analyzed: Callable[[argparse.Namespace], Analysis],
    images: Callable[..., np.ndarray | None],
) -> int:
    """The command, its exit code.

    Args:
        options: of the command line.
        analyzed: theory of the target, its warnings printed.
        images: the photographs that were given, as a recipe has them.
    """
    from jaxrf import everywhere_command
    from jaxrf.channel_table import channel_table
    from jaxrf.erf_options import estimator_of
    from jaxrf.erf_tables import erf_table, recipe_table
    from jaxrf.measure.erf import erf_of
    from jaxrf.measure.reproduce import reproduction_of
    from jaxrf.serialize import to_json

    everywhere_command.checked(options)
    estimator = estimator_of(options)
    recipe = _recipe(options)
    output = writable(options.output, (".npz", ".png", ".pdf"))
    state = None if output is None else output.with_name(output.name + ".partial.npz")
    if options.resume:
        if state is None:
            raise InvalidInput("--resume: got no -o FILE, need the file of the interrupted run")
        if not state.exists():
            raise InvalidInput(f"--resume: got no state {state}; start the run without --resume")
    inputs = images(options, recipe)
    analysis = analyzed(options)
    announce_samples(options, analysis, _samples(options, recipe))
    try:
        if options.everywhere:
            files = {"output": output, "state": state}
            return everywhere_command.everywhere(options, analysis, inputs=inputs, **files)
        with progress_bar() as tell:
            common: dict[str, Any] = {
                "at": options.at,
                "endpoint": options.endpoint,
                "seed": options.seed,
                "inputs": inputs,
                "variables": None,
                "batch": options.batch,
                "progress": lambda done, total: tell("samples", done, total),
                "checkpoint": state,
                "resume": options.resume,
            }
            if recipe is not None:
                made = reproduction_of(analysis, recipe, samples=options.samples, **common)
                measured, table = made.erf, recipe_table(made)
                result = {"target": options.target, **made.to_dict()}
            else:
                measured = erf_of(
                    analysis,
                    samples=_samples(options),
                    weight_seeds=options.weight_seeds,
                    input_seeds=options.input_seeds,
                    estimator=estimator,
                    precision=options.precision,
                    precise=lambda error: tell.note(f"sigma to {error:.2%}"),
                    **common,
                )
                table = erf_table(measured)
                result = {"target": options.target, **measured.to_dict()}
    except KeyboardInterrupt:
        if state is not None and state.exists():
            say(f"jaxrf erf: kept what was sampled in {state}; go on with --resume")
        raise
    if output is not None and state is not None:
        _write_erf(output, measured, result)
        state.unlink(missing_ok=True)
    if options.format == "json":
        emit(to_json(result) + "\n")
    else:
        emit(formatted(table, options.format))
        if measured.channels is not None and options.format != "csv":
            emit("\n" + formatted(channel_table(measured), options.format))
    return 0


def _samples(options: argparse.Namespace, recipe: Any = None) -> int:
    """How many are drawn: as asked for, else as is usual."""
    from jaxrf.erf_options import GRADIENTS, INFLUENCES

    if options.samples is not None:
        return options.samples
    if recipe is not None:
        return recipe.samples
    if options.everywhere:
        from jaxrf.everywhere_command import SAMPLES

        return SAMPLES
    return GRADIENTS if options.perturb is None else INFLUENCES


def _recipe(options: argparse.Namespace):
    """The recipe that was asked for, if any; what it fixes must not be given."""
    from jaxrf.erf_options import GRADIENT, given
    from jaxrf.measure.reproduce import find_recipe

    if options.recipe is None:
        return None
    if more := given(options, *GRADIENT, "weight_seeds", "input_seeds", "precision"):
        raise InvalidInput(
            f"--recipe {options.recipe}: got {more} too, which the recipe fixes; leave it out"
        )
    return find_recipe(options.recipe)


def _write_erf(output: Path, measured, result: dict) -> None:
    """Map and numbers, or a figure with its numbers beside it."""
    if output.suffix == ".npz":
        more = {} if measured.channels is None else measured.channels.arrays()
        write_maps(output, result, map=measured.map, stderr=measured.stderr, **more)
        return
    from jaxrf import plot
    from jaxrf.serialize import to_json

    plot.save(plot.erf(measured).axes.figure.figure, output)  # the figure at the root
    write_whole(output.with_suffix(".json"), to_json(result) + "\n")
