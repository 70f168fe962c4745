"""``jaxrf compare``: theory, measured support, effective field and prediction side by side."""

from __future__ import annotations

from typing import Any

from jaxrf.cli.analysis import analyze_model
from jaxrf.cli.cost import announce_samples
from jaxrf.cli.options.feature import EndpointOptions, add_endpoint
from jaxrf.cli.options.inputs import given_inputs
from jaxrf.cli.options.model import ModelOptions, add_model
from jaxrf.cli.options.output import FIGURES, OutputOptions, add_files, add_format, checked_outputs
from jaxrf.cli.options.plain import PlainOptions, add_plain
from jaxrf.cli.options.sampling import SamplingOptions, add_sampling
from jaxrf.cli.output import command_result, deliver, exit_code
from jaxrf.cli.request import request_of
from jaxrf.console.progress import progress_bar
from jaxrf.errors import InvalidInput
from jaxrf.text.paths import portable_target

__all__ = ["CompareOptions", "register", "run"]


class CompareOptions(ModelOptions, EndpointOptions, SamplingOptions, PlainOptions, OutputOptions):
    """Options of ``jaxrf compare``.

    Attributes:
        samples: of the effective field; 0 leaves it out.
    """

    samples: int


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_model(
        commands, "compare", "theory, measured support, ERF and prediction side by side"
    )
    add_endpoint(command, "of everything random (0)")
    add_sampling(command, 32, "of the effective field, how many (32)")
    add_plain(command)
    add_files(command)
    add_format(command)
    command.set_defaults(run=run)


def run(options: CompareOptions) -> int:
    """Measure and predict; the exit code is 1 where two of them differ."""
    from jaxrf.comparison.compare import compare
    from jaxrf.report.comparison import compared_table, noted_once
    from jaxrf.report.measured_support import support_table

    request = request_of(options)
    files = checked_outputs(options)
    if not options.samples and any(f.suffix in (".npz", *FIGURES) for f in files):
        raise InvalidInput(
            "-o: a figure and .npz need an effective field; got --samples 0, need 1 or more"
        )
    inputs, analysis = given_inputs(options, analyze_model(options, request))
    announce_samples(options, analysis, options.samples)
    with progress_bar() as tell:
        result = compare(
            analysis,
            endpoint=options.endpoint,
            samples=options.samples,
            weight_seeds=options.weight_seeds,
            inputs=inputs,
            seed=options.seed,
            batch=options.batch,
            progress=tell,
            plain=not options.no_plain,
        )
        numbers = {**result.to_dict(), "target": portable_target(options.target)}
    tables = [analysis.table(only=result.endpoint), support_table(result.supports)]
    tables += [compared_table(result)] if result.erf is not None else []
    outcome = command_result(
        result.erf, numbers, noted_once(tables), csv=result.table(), shown=result
    )
    deliver(options, outcome, files)
    return exit_code("compare", result.failures)
