"""``--expect``, ``--baseline`` and ``--update``: the checks of ``jaxrf field``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from jaxrf.console.results import say
from jaxrf.errors import InvalidInput
from jaxrf.expect.expectations import NAMES, Expectation, parse_expectation

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis
    from jaxrf.theory.sizes.result import SizeFreeAnalysis

__all__ = ["CheckOptions", "add_checks", "check_baseline_option", "failed_checks"]


class CheckOptions(argparse.Namespace):
    """Options of the checks of a model.

    Attributes:
        expect: the expectations that have to hold.
        baseline: file of the end-points as they were.
        update: write the baseline file instead of comparing with it.
        endpoint: the only end-point that is checked; the command declares this option itself.
    """

    expect: list[Expectation]
    baseline: str | None
    update: bool
    endpoint: str | None


def add_checks(command: argparse.ArgumentParser) -> None:
    """The options of ``jaxrf field`` that may end in exit code 1."""
    command.add_argument(
        "--expect",
        type=_expectation,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="exit 1 where it does not hold; also NAME<=VALUE, NAME>=VALUE (in quotes), and "
        f"END-POINT:NAME=VALUE; NAME is one of {', '.join(NAMES)}",
    )
    command.add_argument(
        "--baseline", metavar="FILE", help="exit 1 where an end-point is not as this file has it"
    )
    command.add_argument(
        "--update", action="store_true", help="write the file of --baseline instead"
    )


def _expectation(text: str) -> Expectation:
    try:
        return parse_expectation(text)
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def check_baseline_option(options: CheckOptions) -> None:
    """Check the file of the baseline, before the model is traced.

    Raises:
        InvalidInput: it cannot be read, or options that do not go together.
    """
    from jaxrf.expect.baseline import read_baseline

    if options.update and options.baseline is None:
        raise InvalidInput("--update: got no --baseline FILE, need the file to write")
    if options.update and options.endpoint is not None:
        raise InvalidInput("--update: got --endpoint too, and a baseline holds all; leave one out")
    if options.baseline is not None and not options.update:
        read_baseline(Path(options.baseline))


def failed_checks(options: CheckOptions, analysis: Analysis | SizeFreeAnalysis) -> list[str]:
    """Check expectations and baseline: one line per failure. Under ``--update``, write the file.

    Raises:
        InvalidInput: there is no such end-point, or the baseline is about another input.
    """
    from jaxrf.expect.checks import baseline_failures, expectation_failures, rewrite_baseline

    failures = expectation_failures(analysis, options.expect, endpoint=options.endpoint)
    if options.baseline is None:
        return failures
    if options.update:
        count = rewrite_baseline(analysis, options.baseline)
        say(f"jaxrf field: wrote {options.baseline}: {count} end-points")
    else:
        failures += baseline_failures(analysis, options.baseline, endpoint=options.endpoint)
    return failures
