"""``jaxrf predict``: the expected effective field over random weights; assumptions are warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxrf.cli.analysis import analyze_model
from jaxrf.cli.options.feature import FeatureOptions, add_feature
from jaxrf.cli.options.inputs import InputOptions, add_inputs, given_inputs
from jaxrf.cli.options.model import ModelOptions, add_model
from jaxrf.cli.options.output import OutputOptions, add_files, add_format, checked_outputs
from jaxrf.cli.output import command_result, deliver
from jaxrf.cli.request import request_of
from jaxrf.console.heartbeat import doing
from jaxrf.console.results import say
from jaxrf.text.paths import portable_target

if TYPE_CHECKING:
    import numpy as np

    from jaxrf.text.table import TextTable
    from jaxrf.theory.analysis import Analysis

__all__ = ["PredictOptions", "register", "run"]


class PredictOptions(ModelOptions, FeatureOptions, InputOptions, OutputOptions):
    """Options of ``jaxrf predict``.

    Attributes:
        draws: number of networks whose gates are averaged; None is as many as are needed.
        no_calibrate: do not run any layer to calibrate the prediction.
        paths: predict the energy by the number of residual branches that a path passes.
    """

    draws: int | None
    no_calibrate: bool
    paths: bool


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_model(commands, "predict", "predict the effective field over random weights")
    add_feature(command)
    command.add_argument(
        "--draws",
        type=int,
        metavar="N",
        help="networks whose gates are averaged over (as many as 1 %% of sigma needs, 2 to 64; "
        "4 with --paths)",
    )
    add_inputs(command)
    command.add_argument(
        "--no-calibrate",
        action="store_true",
        help="run no layer: every pre-activation is standard normal",
    )
    command.add_argument(
        "--paths",
        action="store_true",
        help="energy, sigma and r by the number of residual branches that a path passes",
    )
    add_files(command)
    add_format(command)
    command.set_defaults(run=run)


def run(options: PredictOptions) -> int:
    """Predict, and write table, map or figure."""
    request = request_of(options)
    files = checked_outputs(options)
    inputs, analysis = given_inputs(options, analyze_model(options, request))
    doing("predicting")
    predicted = _by_paths if options.paths else _predicted
    found, table, arrays = predicted(options, analysis, inputs)
    numbers = {"target": portable_target(options.target), **found.to_dict()}
    for assumption in found.assumptions:
        say(f"jaxrf predict: warning: {assumption}")
    deliver(options, command_result(found, numbers, [table], arrays=lambda: arrays), files)
    return 0


def _predicted(
    options: PredictOptions, analysis: Analysis, inputs: np.ndarray | None
) -> tuple[Any, TextTable, dict[str, Any]]:
    """The prediction, its table, and no further arrays."""
    from jaxrf.measure.predict import predict_erf

    found = predict_erf(
        analysis,
        at=options.at,
        endpoint=options.endpoint,
        inputs=inputs,
        calibrate=not options.no_calibrate,
        draws=options.draws,
        seed=options.seed,
    )
    return found, found.table(), {}


def _by_paths(
    options: PredictOptions, analysis: Analysis, inputs: np.ndarray | None
) -> tuple[Any, TextTable, dict[str, Any]]:
    """The energy by the number of residual branches passed, its table and its shares."""
    from jaxrf.measure.paths import DRAWS, energy_by_path

    found = energy_by_path(
        analysis,
        at=options.at,
        endpoint=options.endpoint,
        inputs=inputs,
        calibrate=not options.no_calibrate,
        draws=DRAWS if options.draws is None else options.draws,
        seed=options.seed,
    )
    return found, found.table(), {"share": found.share, "sigma": found.sigma}
