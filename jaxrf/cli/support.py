"""``jaxrf support``: the inputs that reach one feature, measured against exact theory."""

from __future__ import annotations

from typing import Any

from jaxrf.cli.analysis import analyze_model
from jaxrf.cli.options.feature import FeatureOptions, add_feature
from jaxrf.cli.options.model import ModelOptions, add_model
from jaxrf.cli.options.output import OutputOptions, add_files, add_format, checked_outputs
from jaxrf.cli.options.plain import PlainOptions, add_plain
from jaxrf.cli.output import command_result, deliver, exit_code
from jaxrf.cli.request import request_of
from jaxrf.console.progress import progress_bar
from jaxrf.text.paths import portable_target

__all__ = ["SupportOptions", "register", "run"]


class SupportOptions(ModelOptions, FeatureOptions, PlainOptions, OutputOptions):
    """Options of ``jaxrf support``."""


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_model(commands, "support", "measure which inputs reach a feature, against theory")
    add_feature(command)
    add_plain(command)
    add_files(command)
    add_format(command)
    command.set_defaults(run=run)


def run(options: SupportOptions) -> int:
    """Measure at one feature; the exit code is 1 where theory says otherwise."""
    from jaxrf.measure.support import SupportMeter

    request = request_of(options)
    files = checked_outputs(options)
    analysis = analyze_model(options, request)
    meter = SupportMeter(analysis, options.endpoint, seed=options.seed)
    at = analysis.position(meter.endpoint, options.at)
    with progress_bar() as tell:
        tell("support", 0, 1)
        measured = meter.measure(at, plain=not options.no_plain, few=True)
        tell("support", 1, 1)
    label = measured.exact.endpoint
    numbers = {"target": portable_target(options.target), **measured.to_dict()}
    sets = {"measured": measured.support, "exact": measured.exact, "plain": measured.plain}
    masks = {name: s.mask for name, s in sets.items() if s is not None}
    deliver(
        options, command_result(measured, numbers, [measured.table()], arrays=lambda: masks), files
    )
    if measured.equal:
        return 0
    size = int(measured.exact.mask.sum())
    return exit_code(
        "support",
        [
            f"{label} at {measured.exact.at}: expected the {size} inputs of theory, got "
            f"{measured.missing} more and {measured.excess} of them not reached"
        ],
    )
