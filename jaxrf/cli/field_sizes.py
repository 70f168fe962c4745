"""``jaxrf field`` with free lengths: fields for every residue of the total stride."""

from __future__ import annotations

import argparse

from jaxrf.cli.analysis import load_model
from jaxrf.cli.options.checks import CheckOptions, failed_checks
from jaxrf.cli.options.derivation import DerivationOptions
from jaxrf.cli.options.model import ModelOptions
from jaxrf.cli.options.output import OutputOptions, checked_outputs
from jaxrf.cli.output import CommandResult, deliver
from jaxrf.cli.request import Request
from jaxrf.console.progress import progress_bar
from jaxrf.errors import InvalidInput
from jaxrf.text.paths import portable_target

__all__ = ["SizesOptions", "add_start", "field_sizes"]


class SizesOptions(ModelOptions, DerivationOptions, CheckOptions, OutputOptions):
    """Options of ``jaxrf field`` with free lengths.

    Attributes:
        start: a length that the model takes; None tries usual ones.
        rate: refused, as milliseconds need a whole shape.
    """

    start: int | None
    rate: float | None


def add_start(command: argparse.ArgumentParser) -> None:
    """``--start``."""
    command.add_argument(
        "--start",
        type=int,
        metavar="N",
        help="a length that the model takes, for a shape with free lengths: 1,None,None,3 or "
        "1,?,?,3 (usual ones are tried)",
    )


def field_sizes(options: SizesOptions, request: Request) -> list[str]:
    """Derive and write the fields of every length; returns a line for every check that failed.

    Raises:
        InvalidInput: a rate, an output that is no text, or a model that cannot be used.
    """
    from jaxrf.report.sizes import residue_table
    from jaxrf.text.result import LONG
    from jaxrf.theory.sizes import analyze_sizes

    if options.rate is not None:
        raise InvalidInput("--rate: got free lengths too, need a whole shape, e.g. 1,16000,1")
    files = checked_outputs(options, arrays=False, figure=False)
    model, shape = load_model(options, request)
    with progress_bar() as tell:
        analysis = analyze_sizes(
            model,
            shape,
            spatial_axes=options.axes,
            wrt=options.wrt,
            all_endpoints=options.all,
            strict=options.strict,
            variables=options.variables,
            call=options.call,
            start=options.start,
            progress=lambda done, total: tell("residues", done, total),
        )
    only = options.endpoint
    failures = failed_checks(options, analysis)
    most = None if options.all else LONG
    outcome = CommandResult(
        analysis.to_dict(only=only, target=portable_target(options.target)),
        [analysis.table(only=only)],
        brief=[analysis.table(only=only, most=most)],
        csv=residue_table(analysis, only=only),
    )
    deliver(options, outcome, files)
    return failures
